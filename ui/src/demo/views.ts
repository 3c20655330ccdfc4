// What the page with both views tells the page in each: what the story is about, and which language is spoken.
// A page can be in a frame in the demo alone, and there in this one page: the node's policy allows no other.
import type { Language } from "../phrases/phrases";
import type { DemoStep } from "../wire";

export type ToView =
  | { mamarr: "look"; step: DemoStep | null; is_taken: boolean }
  | { mamarr: "language"; code: Language }
  | { mamarr: "file" }; // to the form: now you

/** Whether this page is one of the two views. */
export const is_view = window.parent !== window;

/** What the page in a view says to the one around it, once there is something to see. */
export const HERE = { mamarr: "here" } as const;

/** Says so. It tells nothing, and who is around is said by the node's policy. */
export function sayHere(): void {
  window.parent.postMessage(HERE, "*");
}

/** Hears what the page around this one tells it, and nobody else. */
export function hear(told: (what: ToView) => void): void {
  addEventListener("message", ({ source, data }: MessageEvent<Partial<ToView> | null>) => {
    if (source === window.parent && typeof data?.mamarr === "string") told(data as ToView);
  });
}
