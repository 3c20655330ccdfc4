// The demo's story as its node tells it. Only the demo has these addresses, so its own document is asked first.
import type { Demo, DroneDemo } from "../wire";
import { ask } from "../web/requests";

const ANSWER_TIMEOUT_MS = 5_000;

/** Where stories are told: that of the two nodes, and the chapter about drones. */
export const STORY = "/api/demo";
export const DRONES = "/api/demo/drones";
export type StoryPath = typeof STORY | typeof DRONES;
const PATHS: readonly StoryPath[] = [STORY, DRONES];

/** Where this node tells a story, "" if it tells none, null without an answer; asked of what it says of its addresses, so that no other answers "not found". */
export async function storyPath(): Promise<StoryPath | "" | null> {
  const answer = await ask("GET", "/openapi.json", { timeout_ms: ANSWER_TIMEOUT_MS });
  if (answer.kind !== "done") return null;
  const paths = (answer.body as { paths?: object } | null)?.paths;
  return PATHS.find((path) => paths !== undefined && path in paths) ?? "";
}

/** How far the story is, or null when there is no answer that can be read. */
export async function askStory(path: StoryPath): Promise<Demo | DroneDemo | null> {
  const answer = await ask("GET", path, { timeout_ms: ANSWER_TIMEOUT_MS });
  const story = answer.kind === "done" ? (answer.body as Demo | DroneDemo | null) : null;
  return Array.isArray(story?.steps) ? story : null;
}

/** Lets the story wait, or go on by itself. */
export async function halt(path: StoryPath, is_paused: boolean): Promise<void> {
  await ask("POST", `${path}/${is_paused ? "pause" : "go-on"}`, { timeout_ms: ANSWER_TIMEOUT_MS });
}

/** Tells the node that a step is shown, or asks for it again; whether the node heard. */
export async function tell(path: StoryPath, number: number, what: "shown" | "replay"): Promise<boolean> {
  const answer = await ask("POST", `${path}/steps/${number}/${what}`, { timeout_ms: ANSWER_TIMEOUT_MS });
  return answer.kind === "done";
}
