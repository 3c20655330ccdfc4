// Requests that change something: asked again with the same key while it is not known what the node did.
import { ask, isPassing, type Answer } from "./requests";

const ANSWER_TIMEOUT_MS = 15_000;

interface Open {
  method: string;
  body: string | undefined;
  idempotency_key: string;
}

export class Submissions {
  // By path: silence about one reservation is not forgotten while something is asked about another.
  private readonly open = new Map<string, Open>();

  /** The same request after silence carries the same key, so that the node does it once. */
  async send(method: "POST" | "PUT" | "DELETE", path: string, body?: string): Promise<Answer> {
    const before = this.open.get(path);
    const is_same = before?.method === method && before.body === body;
    const idempotency_key = is_same ? before.idempotency_key : crypto.randomUUID();
    this.open.set(path, { method, body, idempotency_key });
    const bytes = body === undefined ? {} : { body };
    const answer = await ask(method, path, { ...bytes, idempotency_key, timeout_ms: ANSWER_TIMEOUT_MS });
    const known = answer.kind === "done" || (answer.kind === "refused" && !isPassing(answer.problem));
    if (known) this.open.delete(path);
    return answer;
  }

  /** Only these bodies can still be asked here; any other that went unanswered would be a new request. */
  settle(path: string, bodies: readonly (string | undefined)[]): void {
    const open = this.open.get(path);
    if (open !== undefined && !bodies.includes(open.body)) this.open.delete(path);
  }
}
