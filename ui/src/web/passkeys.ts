// Passkeys: the two WebAuthn ceremonies, with the bytes the node sends and takes.
import type { PasskeyAsked } from "../wire";
import { fromBase64Url, toBase64Url } from "./person_key";
import { ask, type Answer } from "./requests";

const ANSWER_TIMEOUT_MS = 10_000;

export const CAN_USE_PASSKEYS = typeof PublicKeyCredential === "function";

/** "cancelled": the person, or the browser, did not go on. */
export type Ceremony = Answer | { kind: "cancelled" };

/** Signs in with a passkey of this node, whoever's it is. */
export async function signInWithPasskey(): Promise<Ceremony> {
  const asked = await ask("POST", "/api/sign-in/passkey", { timeout_ms: ANSWER_TIMEOUT_MS });
  if (asked.kind !== "done") return asked;
  const { challenge, relying_party, timeout_ms } = asked.body as PasskeyAsked;
  const credential = await attempted(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: fromBase64Url(challenge),
        rpId: relying_party,
        timeout: timeout_ms,
        userVerification: "required",
      },
    }),
  );
  if (credential === null) return { kind: "cancelled" };
  const response = credential.response as AuthenticatorAssertionResponse;
  const body = JSON.stringify({
    credential_id: toBase64Url(credential.rawId),
    client_json: toBase64Url(response.clientDataJSON),
    authenticator: toBase64Url(response.authenticatorData),
    signature: toBase64Url(response.signature),
    user_handle: response.userHandle === null ? null : toBase64Url(response.userHandle),
  });
  return ask("POST", "/api/sign-in/passkey/verification", { body, timeout_ms: ANSWER_TIMEOUT_MS });
}

/** Makes a passkey for whoever is signed in. */
export async function addPasskey(): Promise<Ceremony> {
  const asked = await ask("POST", "/api/passkeys/registration", { timeout_ms: ANSWER_TIMEOUT_MS });
  if (asked.kind !== "done") return asked;
  const options = asked.body as PasskeyAsked;
  const credential = await attempted(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: fromBase64Url(options.challenge),
        rp: { id: options.relying_party, name: "Mamarr" },
        user: {
          id: fromBase64Url(options.user_handle ?? ""),
          name: options.user_name ?? "",
          displayName: options.display_name ?? "",
        },
        pubKeyCredParams: (options.algorithms ?? []).map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: (options.exclude ?? []).map((id) => ({ type: "public-key", id: fromBase64Url(id) })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        attestation: "none",
        timeout: options.timeout_ms,
      },
    }),
  );
  if (credential === null) return { kind: "cancelled" };
  const response = credential.response as AuthenticatorAttestationResponse;
  const body = JSON.stringify({
    credential_id: toBase64Url(credential.rawId),
    client_json: toBase64Url(response.clientDataJSON),
    attestation: toBase64Url(response.attestationObject),
  });
  return ask("POST", "/api/passkeys/registration/verification", { body, timeout_ms: ANSWER_TIMEOUT_MS });
}

async function attempted(ceremony: () => Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await ceremony()) as PublicKeyCredential | null;
  } catch (fault) {
    if (fault instanceof DOMException) return null; // cancelled, timed out, or no device for it
    throw fault;
  }
}
