// The sign-in panel: name and password, a passkey, or the organisation's provider; whatever the node offers.
import { onLanguage, say, spoken, type Key } from "../phrases/phrases";
import type { Ways } from "../wire";
import { element, setText } from "./elements";
import { CAN_USE_PASSKEYS, signInWithPasskey, type Ceremony } from "./passkeys";
import { ask } from "./requests";

const ANSWER_TIMEOUT_MS = 15_000;
const REFUSED_BY_PROVIDER = /^#refused=[A-Z_]+$/;

export class SignIn {
  readonly root = element("section", { class: "sign-in", id: "sign-in" });
  private readonly name = element("input", { id: "sign-in-name", name: "username", type: "text", dir: "auto", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, maxlength: "64" });
  private readonly password = element("input", { id: "sign-in-password", name: "password", type: "password", dir: "auto", autocomplete: "current-password", required: true, maxlength: "512" });
  private readonly submit = spoken(element("button", { type: "submit", class: "primary", id: "sign-in-submit" }), "sign_in.submit");
  private readonly passkey = spoken(element("button", { type: "button", id: "sign-in-passkey", hidden: true }), "sign_in.passkey");
  private readonly provider = element("a", { class: "button", id: "sign-in-provider", href: "/api/sign-in/oidc", hidden: true });
  private readonly message = element("p", { class: "message", id: "sign-in-message", role: "alert" });
  private says: () => string = () => "";
  private provider_name = "";
  private is_waiting = false;

  /** why: the text over the fields, which says why one has to sign in. signedIn: called once somebody has. */
  constructor(why: Key, private readonly signedIn: () => void) {
    const title = spoken(element("h2", { id: "sign-in-title" }), "sign_in.title");
    const sentence = spoken(element("p", { id: "sentence" }), why);
    const form = element("form", { novalidate: true }, this.field("sign_in.name", this.name), this.field("sign_in.password", this.password), this.submit);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.withPassword();
    });
    this.passkey.addEventListener("click", () => void this.settle(signInWithPasskey));
    this.root.setAttribute("aria-labelledby", "sign-in-title");
    this.root.append(title, sentence, form, this.passkey, this.provider, this.message);
    onLanguage(() => {
      setText(this.provider, say("sign_in.provider", { name: this.provider_name }));
      setText(this.message, this.says());
    });
    if (REFUSED_BY_PROVIDER.test(location.hash)) {
      history.replaceState(null, "", location.pathname + location.search);
      this.tell(() => say("sign_in.provider_refused"));
    }
    void this.offer();
  }

  focus(): void {
    this.name.focus();
  }

  private field(label: Key, input: HTMLInputElement): HTMLElement {
    return element("div", { class: "field" }, spoken(element("label", { for: input.id }), label), input);
  }

  private async offer(): Promise<void> {
    const answer = await ask("GET", "/api/sign-in", { timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind !== "done") return; // the password is always offered
    const ways = answer.body as Ways;
    // A passkey belongs to a name: a page opened under an address of numbers has none.
    this.passkey.hidden = !(ways.passkey && CAN_USE_PASSKEYS && location.hostname !== "127.0.0.1");
    this.provider_name = ways.provider ?? "";
    this.provider.hidden = this.provider_name === "";
    setText(this.provider, say("sign_in.provider", { name: this.provider_name }));
  }

  private async withPassword(): Promise<void> {
    const empty = [this.name, this.password].find((input) => input.value === "");
    if (empty !== undefined) {
      this.tell(() => say("sign_in.needed"));
      empty.focus();
      return;
    }
    const body = JSON.stringify({ name: this.name.value, password: this.password.value });
    await this.settle(() => ask("POST", "/api/sign-in", { body, timeout_ms: ANSWER_TIMEOUT_MS }));
  }

  private async settle(attempt: () => Promise<Ceremony>): Promise<void> {
    if (this.is_waiting) return;
    this.is_waiting = true;
    this.submit.setAttribute("aria-disabled", "true");
    this.tell(() => say("sign_in.waiting"));
    const answer = await attempt();
    this.is_waiting = false;
    this.submit.removeAttribute("aria-disabled");
    switch (answer.kind) {
      case "done":
        this.password.value = "";
        this.tell(() => "");
        this.signedIn();
        return;
      case "refused":
        this.tell(() => answer.problem.title);
        this.password.select();
        return;
      case "silent":
        this.tell(() => say("sign_in.silent"));
        return;
      case "cancelled":
        this.tell(() => say("sign_in.cancelled"));
    }
  }

  private tell(says: () => string): void {
    this.says = says;
    setText(this.message, says());
  }
}
