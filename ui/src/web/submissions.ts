// Requests that change something: asked again with the same key while it is not known what the node did.
import { ask, isPassing, type Answer } from "./requests";

const ANSWER_TIMEOUT_MS = 15_000;

export class Submissions {
  private open: { request: string; idempotency_key: string } | null = null;

  /** The same request after silence carries the same key, so that the node does it once. */
  async send(method: "POST" | "PUT" | "DELETE", path: string, body?: string): Promise<Answer> {
    const request = JSON.stringify([method, path, body ?? null]);
    if (this.open?.request !== request) this.open = { request, idempotency_key: crypto.randomUUID() };
    const { idempotency_key } = this.open;
    const bytes = body === undefined ? {} : { body };
    const answer = await ask(method, path, { ...bytes, idempotency_key, timeout_ms: ANSWER_TIMEOUT_MS });
    const known = answer.kind === "done" || (answer.kind === "refused" && !isPassing(answer.problem));
    if (known) this.open = null;
    return answer;
  }
}
