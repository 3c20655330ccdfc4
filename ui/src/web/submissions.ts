// Requests that change something: asked again with the same key while it is not known what the node did.
import { signAct, type Signable } from "./person_key";
import { ask, isPassing, type Answer } from "./requests";
import { current } from "./session";

const ANSWER_TIMEOUT_MS = 15_000;
const SIGN_TIMEOUT_MS = 5_000; // chosen: what keeps flights safe goes unsigned rather than late

interface Open {
  method: string;
  body: string | undefined;
  idempotency_key: string;
  act_signature: string | null;
}

export class Submissions {
  // By path: silence about one reservation is not forgotten while something is asked about another.
  private readonly open = new Map<string, Open>();

  /**
   * The same request after silence carries the same key, so that the node does it once.
   * command: as the node reads it, for an act that binds; signed where the person's key can be had at once.
   */
  async send(method: "POST" | "PUT" | "DELETE", path: string, body?: string, command?: Signable): Promise<Answer> {
    const before = this.open.get(path);
    const is_same = before?.method === method && before.body === body;
    const idempotency_key = is_same ? before.idempotency_key : crypto.randomUUID();
    const act_signature = is_same ? before.act_signature : await signatureOf(idempotency_key, command);
    this.open.set(path, { method, body, idempotency_key, act_signature });
    const bytes = body === undefined ? {} : { body };
    const signed = act_signature === null ? {} : { act_signature };
    const answer = await ask(method, path, { ...bytes, ...signed, idempotency_key, timeout_ms: ANSWER_TIMEOUT_MS });
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

async function signatureOf(idempotency_key: string, command: Signable | undefined): Promise<string | null> {
  const session = current();
  if (command === undefined || session === null) return null;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), SIGN_TIMEOUT_MS));
  const signed = await Promise.race([signAct(session, idempotency_key, command).catch(withoutKeys), late]);
  return typeof signed === "string" ? signed : null;
}

/** A browser that keeps no keys signs nothing. */
function withoutKeys(fault: unknown): null {
  if (fault instanceof DOMException) return null;
  throw fault;
}
