// What somebody was shown: rows that were in view for a second, while the page had the focus. The node tells who sent them.
import type { Presented } from "../wire";
import { ask, isPassing } from "./requests";

const SHOWN_MS = 1_000; // so long a row must be in view
const TICKS_APART_MS = 750; // a page that stood still for longer showed nobody knows what
const AGAIN_MS = 5_000; // after silence
const ROWS_MAX = 100; // as ROWS_MAX of interop/sight_messages.py
const ANSWER_TIMEOUT_MS = 5_000;
const WHOLE = 0.99; // of a row: a border may be cut
const LARGE = 0.5; // of the window: more of a row that is larger than what can be seen of it nobody sees at once

/** The rows to watch have `data-message`, the key of the message that they show, while nobody is known to have seen it. */
export class PresentedRows {
  private readonly seen = new Map<Element, boolean | null>(); // whether it is in view; null: not known yet
  private readonly since = new Map<string, number>(); // since when the row of a message is
  private readonly told = new Set<string>();
  private readonly observer: IntersectionObserver;
  private last_ms = performance.now();
  private quiet_until_ms = 0;

  constructor(private readonly root: HTMLElement) {
    this.observer = new IntersectionObserver((entries) => this.looked(entries), { threshold: [0, 0.25, 0.5, 0.75, WHOLE, 1] });
    for (const event of ["blur", "pagehide"]) window.addEventListener(event, () => this.since.clear());
    document.addEventListener("visibilitychange", () => this.since.clear());
  }

  /** Looks again; called some times a second. */
  tick(): void {
    const now_ms = performance.now();
    const is_late = now_ms - this.last_ms > TICKS_APART_MS;
    this.last_ms = now_ms;
    this.follow();
    if (is_late || !isLookedAt()) this.since.clear();
    if (!isLookedAt()) return;
    const in_view = this.inView();
    for (const key of this.since.keys()) if (!in_view.has(key)) this.since.delete(key);
    for (const key of in_view) if (!this.since.has(key)) this.since.set(key, now_ms);
    const shown = [...this.since].filter(([key, since_ms]) => now_ms - since_ms >= SHOWN_MS && !this.told.has(key)).map(([key]) => key);
    if (shown.length > 0 && now_ms >= this.quiet_until_ms) void this.tell(shown.slice(0, ROWS_MAX));
  }

  /** Rows are drawn anew whenever something about them changes. */
  private follow(): void {
    for (const row of this.seen.keys()) {
      if (row.isConnected) continue;
      this.observer.unobserve(row);
      this.seen.delete(row);
    }
    for (const row of this.root.querySelectorAll("[data-message]")) {
      if (this.seen.has(row)) continue;
      this.seen.set(row, null);
      this.observer.observe(row);
    }
  }

  private looked(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries) {
      const is_large = rootBounds !== null && intersectionRect.height >= rootBounds.height * LARGE;
      const is_in_view = isIntersecting && (intersectionRatio >= WHOLE || is_large);
      if (this.seen.has(target)) this.seen.set(target, is_in_view);
      if (!is_in_view && target.isConnected) this.since.delete(keyOf(target));
    }
  }

  /** The messages whose rows are in view; one that was drawn anew and not looked at yet still is what it was. */
  private inView(): Set<string> {
    const found = new Set<string>();
    for (const [row, is_in_view] of this.seen) {
      const key = keyOf(row);
      if (is_in_view === true || (is_in_view === null && this.since.has(key))) found.add(key);
    }
    return found;
  }

  private async tell(messages: string[]): Promise<void> {
    for (const key of messages) this.told.add(key);
    const said: Presented = { messages };
    const answer = await ask("POST", "/api/messages/presented", { body: JSON.stringify(said), timeout_ms: ANSWER_TIMEOUT_MS });
    const is_known = answer.kind === "done" || (answer.kind === "refused" && !isPassing(answer.problem));
    if (is_known) return;
    for (const key of messages) this.told.delete(key); // saying it twice does no harm
    this.quiet_until_ms = performance.now() + AGAIN_MS;
  }
}

function keyOf(row: Element): string {
  return row.getAttribute("data-message") ?? "";
}

/** Whether somebody can be looking at the rows: the page has the focus, and nothing lies over it. */
function isLookedAt(): boolean {
  return document.visibilityState === "visible" && document.hasFocus() && document.querySelector("dialog[open]") === null;
}
