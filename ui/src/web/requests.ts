// One way to ask the node: a time limit, the language spoken, and an answer that is never an exception.
import { language } from "../phrases/phrases";
import type { Problem } from "../wire";

export type Answer =
  | { kind: "done"; body: unknown }
  | { kind: "refused"; problem: Problem }
  | { kind: "silent" }; // no answer, or none we can read: it is not known what the node did

interface Request {
  body?: string;
  idempotency_key?: string;
  act_signature?: string; // by the person's own key, for an act that binds
  timeout_ms: number;
}

export async function ask(method: "GET" | "POST" | "PUT" | "DELETE", path: string, request: Request): Promise<Answer> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), request.timeout_ms);
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language() };
  if (request.body !== undefined) headers["Content-Type"] = "application/json";
  if (request.idempotency_key !== undefined) headers["Idempotency-Key"] = request.idempotency_key;
  if (request.act_signature !== undefined) headers["Mamarr-Act-Signature"] = request.act_signature;
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: request.body ?? null,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      signal: limit.signal,
    });
    if (response.ok) return { kind: "done", body: (await response.json()) as unknown };
    return { kind: "refused", problem: problemFrom(response.status, await response.text()) };
  } catch (fault) {
    if (fault instanceof TypeError || fault instanceof DOMException || fault instanceof SyntaxError) {
      return { kind: "silent" }; // network, time limit, or an answer that is not JSON
    }
    throw fault;
  } finally {
    clearTimeout(timer);
  }
}

function problemFrom(status: number, text: string): Problem {
  const plain: Problem = { type: "about:blank", title: `HTTP ${status}`, status, reason: "" };
  try {
    const body = JSON.parse(text) as Partial<Problem> | null;
    return typeof body?.title === "string" ? { ...plain, ...body, status } : plain;
  } catch {
    return plain; // something between us and the node answered, in words of its own
  }
}

/** Whether a refusal leaves open what the node did, so that the same request may be sent again. A limit is decided: asked again later, it is another request. */
export function isPassing(problem: Problem): boolean {
  if (problem.reason === "LIMIT_REACHED") return false;
  return problem.status >= 500 || problem.status === 408 || problem.status === 429;
}
