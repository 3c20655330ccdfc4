// A record that was restored or copied: nothing is decided until a person confirms it, in two steps.
import { say, spoken } from "../phrases/phrases";
import { element, setText } from "./elements";
import { Submissions } from "./submissions";

export class RestoreNotice {
  readonly root = element("div", { class: "note restore", id: "restore", hidden: true });
  private readonly ask = spoken(element("button", { type: "button", id: "restore-ask" }), "restore.ask");
  private readonly yes = spoken(element("button", { type: "button", id: "restore-yes", hidden: true }), "restore.yes");
  private readonly message = element("p", { class: "message", role: "status" });
  private readonly submissions = new Submissions();

  constructor(private readonly changed: () => void) {
    this.root.append(spoken(element("p"), "form.read_only"), spoken(element("p"), "restore.why"), this.ask, this.yes, this.message);
    this.ask.addEventListener("click", () => {
      this.yes.hidden = false;
      this.yes.focus();
    });
    this.yes.addEventListener("click", () => void this.confirm());
  }

  show(read_only: boolean): void {
    this.root.hidden = !read_only;
  }

  private async confirm(): Promise<void> {
    this.yes.hidden = true;
    const answer = await this.submissions.send("POST", "/api/restore/confirmation");
    if (answer.kind === "refused") setText(this.message, answer.problem.title);
    else setText(this.message, answer.kind === "silent" ? say("restore.silent") : "");
    this.changed();
  }
}
