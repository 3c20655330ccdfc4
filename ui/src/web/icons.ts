// Small pictures for the map, drawn once.

export type Icon = { width: number; height: number; data: Uint8ClampedArray };

const SIDE_PX = 48;

/** A square picture drawn with its middle at the origin. */
export function icon(draw: (pen: CanvasRenderingContext2D) => void): Icon {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SIDE_PX, SIDE_PX];
  const pen = canvas.getContext("2d");
  if (pen === null) return { width: SIDE_PX, height: SIDE_PX, data: new Uint8ClampedArray(SIDE_PX * SIDE_PX * 4) };
  pen.translate(SIDE_PX / 2, SIDE_PX / 2);
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  draw(pen);
  return { width: SIDE_PX, height: SIDE_PX, data: pen.getImageData(0, 0, SIDE_PX, SIDE_PX).data };
}

/** The path through the corners, closed. */
export function shape(pen: CanvasRenderingContext2D, corners: readonly (readonly [number, number])[]): void {
  pen.beginPath();
  for (const [x, y] of corners) pen.lineTo(x, y);
  pen.closePath();
}
