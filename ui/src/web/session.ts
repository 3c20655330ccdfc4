// Who this page speaks for: a single-use code in the address, or the session already open.
import type { Session } from "../wire";
import { ask, type Answer } from "./requests";

const ANSWER_TIMEOUT_MS = 10_000;
const RETRY_MS = 2_000;

let current_session: Session | null = null;

/** Who this page speaks for, once that is known. */
export function current(): Session | null {
  return current_session;
}

export type Opening = { session: Session; code_refused: boolean } | "signed-out";

function codeInAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get("code");
}

/** Asks until the node says yes or no; calls `waiting` each time it says nothing. */
async function settled(request: () => Promise<Answer>, waiting: () => void): Promise<Answer> {
  for (;;) {
    const answer = await request();
    const passing = answer.kind === "silent" || (answer.kind === "refused" && answer.problem.status >= 500);
    if (!passing) return answer;
    waiting();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Opens the session and remembers it. */
export async function open(waiting: () => void): Promise<Opening> {
  const opening = await opened(waiting);
  if (opening !== "signed-out") current_session = opening.session;
  return opening;
}

/** Opens the session; a code that is no longer good leaves an open session as it is. */
async function opened(waiting: () => void): Promise<Opening> {
  const code = codeInAddress();
  if (code !== null) {
    const body = JSON.stringify({ code });
    const answer = await settled(() => ask("POST", "/api/session", { body, timeout_ms: ANSWER_TIMEOUT_MS }), waiting);
    history.replaceState(null, "", location.pathname + location.search);
    if (answer.kind === "done") return { session: answer.body as Session, code_refused: false };
  }
  const answer = await settled(() => ask("GET", "/api/session", { timeout_ms: ANSWER_TIMEOUT_MS }), waiting);
  if (answer.kind !== "done") return "signed-out";
  return { session: answer.body as Session, code_refused: code !== null };
}

/** A new sign-in link pasted over this page changes only the fragment, which alone loads nothing. */
export function watchAddress(): void {
  addEventListener("hashchange", () => {
    if (codeInAddress() !== null) location.reload();
  });
}
