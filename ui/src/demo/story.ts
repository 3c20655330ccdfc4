// The demo's story as its node tells it. Only the demo has these addresses, so its own document is asked first.
import type { Demo } from "../wire";
import { ask } from "../web/requests";

const ANSWER_TIMEOUT_MS = 5_000;

/** Whether this node tells a story, null without an answer; asked of what it says of its addresses, so that no other answers "not found". */
export async function hasStory(): Promise<boolean | null> {
  const answer = await ask("GET", "/openapi.json", { timeout_ms: ANSWER_TIMEOUT_MS });
  if (answer.kind !== "done") return null;
  const paths = (answer.body as { paths?: object } | null)?.paths;
  return paths !== undefined && "/api/demo" in paths;
}

/** How far the story is, or null when there is no answer that can be read. */
export async function askStory(): Promise<Demo | null> {
  const answer = await ask("GET", "/api/demo", { timeout_ms: ANSWER_TIMEOUT_MS });
  const story = answer.kind === "done" ? (answer.body as Demo | null) : null;
  return Array.isArray(story?.steps) ? story : null;
}

/** Lets the story wait, or go on by itself. */
export async function halt(is_paused: boolean): Promise<void> {
  await ask("POST", `/api/demo/${is_paused ? "pause" : "go-on"}`, { timeout_ms: ANSWER_TIMEOUT_MS });
}

/** Tells the node that a step is shown, or asks for it again; whether the node heard. */
export async function tell(number: number, what: "shown" | "replay"): Promise<boolean> {
  const answer = await ask("POST", `/api/demo/steps/${number}/${what}`, { timeout_ms: ANSWER_TIMEOUT_MS });
  return answer.kind === "done";
}
