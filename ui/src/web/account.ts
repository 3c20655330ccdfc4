// What a signed-in person may do with the own account: add a passkey, sign out.
import { onLanguage, say, spoken } from "../phrases/phrases";
import type { Session } from "../wire";
import { element, setText } from "./elements";
import { addPasskey, CAN_USE_PASSKEYS } from "./passkeys";
import { ask } from "./requests";

const ANSWER_TIMEOUT_MS = 10_000;

export class AccountPanel {
  readonly root = element("section", { class: "account", id: "account" });
  private readonly message = element("p", { class: "message", role: "status", id: "account-message" });
  private says: () => string = () => "";

  constructor(session: Session) {
    const title = element("h2");
    const passkey = spoken(element("button", { type: "button", id: "add-passkey" }), "account.add_passkey");
    const leave = spoken(element("button", { type: "button", id: "sign-out" }), "account.sign_out");
    passkey.hidden = !(session.has_account && CAN_USE_PASSKEYS && location.hostname !== "127.0.0.1");
    passkey.addEventListener("click", () => void this.add());
    leave.addEventListener("click", () => void this.leave());
    this.root.append(title, passkey, leave, this.message);
    onLanguage(() => {
      setText(title, say("account.title", { person: session.person }));
      setText(this.message, this.says());
    });
  }

  private async add(): Promise<void> {
    this.tell(() => say("sign_in.waiting"));
    const answer = await addPasskey();
    if (answer.kind === "refused") this.tell(() => answer.problem.title);
    else if (answer.kind === "done") this.tell(() => say("account.passkey_added"));
    else this.tell(() => say(answer.kind === "silent" ? "sign_in.silent" : "sign_in.cancelled"));
  }

  private async leave(): Promise<void> {
    const answer = await ask("POST", "/api/sign-out", { timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind === "done") location.reload();
    else this.tell(() => (answer.kind === "refused" ? answer.problem.title : say("sign_in.silent")));
  }

  private tell(says: () => string): void {
    this.says = says;
    setText(this.message, says());
  }
}
