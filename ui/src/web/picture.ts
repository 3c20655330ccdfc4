// Following the node's picture: once a second, never two requests at a time, and always an age.
import type { Session } from "../wire";
import { ask } from "./requests";

const PERIOD_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;
export const AGE_MAX_MS = 3_000; // beyond this the page says NO DATA

export type Missed = "silent" | "signed-out" | "forbidden" | "refused" | "other-node" | "frozen";

/** What every picture says of itself. */
export interface Followed {
  at: string;
  mode: string;
  node_id: string;
  party: string;
}

export interface Listener<P extends Followed> {
  has_all: (picture: Partial<P> | null) => boolean; // whether the answer is a picture at all
  heard: (picture: P) => void;
  missed: (why: Missed) => void;
}

const STATUS_MISSED: Readonly<Record<number, Missed>> = { 401: "signed-out", 403: "forbidden" };

async function askPicture<P extends Followed>(session: Session, listener: Listener<P>): Promise<P | Missed> {
  const answer = await ask("GET", "/api/picture", { timeout_ms: ANSWER_TIMEOUT_MS });
  if (answer.kind === "silent") return "silent";
  if (answer.kind === "refused") return STATUS_MISSED[answer.problem.status] ?? "refused";
  const picture = answer.body as P | null;
  if (picture === null || !listener.has_all(picture)) return "refused";
  const same = picture.mode === session.mode && picture.node_id === session.node_id && picture.party === session.party;
  return same ? picture : "other-node"; // modes, nodes and parties never mix on one page
}

/** Follows the picture for as long as the page lives. Returns a function that asks at once. */
export function follow<P extends Followed>(session: Session, listener: Listener<P>): () => void {
  let asked_again = false;
  let last_at = "";
  let wake = (): void => {};
  const rest = (rest_ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, rest_ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    for (;;) {
      asked_again = false;
      const began_ms = performance.now();
      const outcome = await askPicture(session, listener);
      if (typeof outcome === "string") listener.missed(outcome);
      else if (outcome.at === last_at) listener.missed("frozen"); // a cache or a node that stands still
      else {
        last_at = outcome.at;
        listener.heard(outcome);
      }
      await rest(asked_again ? 0 : Math.max(0, PERIOD_MS - (performance.now() - began_ms)));
    }
  };
  void run();
  return () => {
    asked_again = true;
    wake();
  };
}

/** Measures age by both clocks and believes the older: one of them stands still while a laptop sleeps. */
export class Age {
  private monotonic_ms = performance.now();
  private wall_ms = Date.now();

  restart(): void {
    this.monotonic_ms = performance.now();
    this.wall_ms = Date.now();
  }

  now_ms(): number {
    return Math.max(performance.now() - this.monotonic_ms, Date.now() - this.wall_ms, 0);
  }
}
