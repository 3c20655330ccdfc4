// The hatches that mark a cause of refusal and an overrun: a second cue for those who do not see the red.

import { icon, shape, type Icon } from "../web/icons";

const SIDE_PX = 24;
const STRIPE_PX = 4;

/** A square of 45-degree stripes that repeats without a seam; `falls`: from upper left to lower right. */
export function hatch(colour: string, falls = false): { width: number; height: number; data: Uint8ClampedArray } {
  const channel = (from: number): number => Number.parseInt(colour.slice(from, from + 2), 16);
  const data = new Uint8ClampedArray(SIDE_PX * SIDE_PX * 4);
  for (let y = 0; y < SIDE_PX; y += 1) {
    for (let x = 0; x < SIDE_PX; x += 1) {
      if ((falls ? x + SIDE_PX - y : x + y) % SIDE_PX >= STRIPE_PX) continue;
      data.set([channel(1), channel(3), channel(5), 230], (y * SIDE_PX + x) * 4);
    }
  }
  return { width: SIDE_PX, height: SIDE_PX, data };
}

/** Where a plan has a flight now: an open diamond, for nobody has seen it there. */
export function planned(): Icon {
  return icon((pen) => {
    shape(pen, [[0, -13], [9, 0], [0, 13], [-9, 0]]);
    pen.fillStyle = "#0b1218";
    pen.strokeStyle = "#ffffff";
    pen.fill();
    pen.stroke();
  });
}
