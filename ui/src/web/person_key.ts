// The key with which a person signs acts that bind: made here, kept by the browser, never readable by anyone.
import type { Enrolled, PersonKeys, Session } from "../wire";
import { ask } from "./requests";

const DATABASE = "mamarr-keys";
const STORE = "keys";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const DOMAIN = "mamarr act 1\n"; // as web/access/acts.py has it
const ANSWER_TIMEOUT_MS = 10_000;

interface Kept {
  key_id: string;
  public_key: string;
  pair: CryptoKeyPair;
}

/** A command in the form that is signed: keys of ASCII letters, texts, whole numbers, no fractions. */
export type Signable = null | boolean | number | string | Signable[] | { [key: string]: Signable };

/** The same bytes as `canonical` in interop/access_messages.py: keys sorted, no spaces. */
export function canonical(value: Signable): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("only whole numbers are signed");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
  return `{${parts.join(",")}}`;
}

export function toBase64Url(bytes: ArrayBuffer | Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function toBase64(bytes: ArrayBuffer | Uint8Array): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException("the browser keeps no keys"));
  });
}

async function withStore<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    return await settled(use(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** Keys are kept by node and person: one browser may serve several people, each with a key of their own. */
function place(session: Session): string {
  return `${session.node_id}/${session.mode}/${session.person}`;
}

async function made(): Promise<Kept> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]); // false: not extractable
  const point = await crypto.subtle.exportKey("raw", pair.publicKey);
  const named = new Uint8Array([...new TextEncoder().encode("ES256\n"), ...new Uint8Array(point)]);
  const key_id = toBase64Url(await crypto.subtle.digest("SHA-256", named)).slice(0, 22);
  return { key_id, public_key: toBase64Url(point), pair };
}

async function kept(session: Session): Promise<Kept> {
  const found = await withStore<Kept | undefined>("readonly", (store) => store.get(place(session)) as IDBRequest<Kept | undefined>);
  if (found !== undefined) return found;
  const fresh = await made();
  await withStore("readwrite", (store) => store.put(fresh, place(session)));
  return fresh;
}

async function signature(key: Kept, session: Session, command_id: string, command: Signable): Promise<ArrayBuffer> {
  const { node_id, mode } = session;
  const message = new TextEncoder().encode(DOMAIN + canonical({ node_id, mode, command_id, command }));
  return crypto.subtle.sign(SIGNING, key.pair.privateKey, message);
}

/** Why nothing was signed: another person has to approve this browser's key, or the node said no or nothing. */
export type Unsigned = { kind: "waiting" } | { kind: "refused"; title: string } | { kind: "silent" };

/** The value of the header `Mamarr-Act-Signature` for `command`; enrols this browser's key if need be. */
export async function signAct(session: Session, command_id: string, command: Signable): Promise<string | Unsigned> {
  const key = await kept(session);
  const known = await ask("GET", "/api/person-keys", { timeout_ms: ANSWER_TIMEOUT_MS });
  if (known.kind === "silent") return known;
  if (known.kind === "refused") return { kind: "refused", title: known.problem.title };
  const is_known = (known.body as PersonKeys).keys.some((each) => each.key_id === key.key_id && each.withdrawn_at == null);
  if (!is_known) {
    const unsigned = await enrol(session, key);
    if (unsigned !== null) return unsigned;
  }
  return `${key.key_id}:${toBase64(await signature(key, session, command_id, command))}`;
}

async function enrol(session: Session, key: Kept): Promise<Unsigned | null> {
  const { key_id, public_key } = key;
  const said = { type: "enrol-key", person: session.person, key_id, algorithm: "ES256", public_key };
  const proof = toBase64Url(await signature(key, session, key_id, said));
  const body = JSON.stringify({ algorithm: "ES256", public_key, proof });
  const answer = await ask("POST", "/api/person-keys", { body, timeout_ms: ANSWER_TIMEOUT_MS });
  if (answer.kind === "silent") return answer;
  if (answer.kind === "refused") return { kind: "refused", title: answer.problem.title };
  return (answer.body as Enrolled).act_id == null ? null : { kind: "waiting" };
}
