// The node's answer to a request, shown beside the form: yes with its receipt, no with its cause, or silence.
import { say } from "../phrases/phrases";
import type { FieldError, Problem } from "../wire";
import { element, literal } from "./elements";

export class Answer {
  readonly root = element("div", { class: "answer", id: "answer" });
  // Two live regions that stay in the page, so that screen readers announce what enters them.
  private readonly refusal = element("div", { role: "alert", id: "refusal" });
  private readonly confirmation = element("div", { role: "status", id: "confirmation" });

  constructor(private readonly dismissed: () => void) {
    this.root.append(this.refusal, this.confirmation);
  }

  clear(): void {
    const was_shown = this.refusal.hasChildNodes() || this.confirmation.hasChildNodes();
    this.refusal.replaceChildren();
    this.confirmation.replaceChildren();
    if (was_shown) this.dismissed();
  }

  showDone(text: string, receipt: string): void {
    this.refusal.replaceChildren();
    const proof = element("code", { class: "receipt", dir: "ltr", tabindex: "0" }, receipt);
    proof.setAttribute("aria-label", `${say("answer.receipt")}: ${receipt}`);
    const words = element("p", {}, element("strong", {}, text));
    const line = element("p", { class: "receipt-line" }, element("span", {}, say("answer.receipt")), " ", proof);
    this.confirmation.replaceChildren(element("div", { class: "done" }, words, line, this.closeButton()));
    this.root.scrollIntoView({ block: "nearest" });
  }

  showSilence(text: string): void {
    this.confirmation.replaceChildren();
    this.refusal.replaceChildren(element("div", { class: "warning" }, element("p", {}, text), this.closeButton()));
    this.root.scrollIntoView({ block: "nearest" });
  }

  /** A refusal in the node's words; `elsewhere` are errors that belong to no field of the form. */
  showRefusal(problem: Problem, elsewhere: readonly FieldError[], advice: string): void {
    this.confirmation.replaceChildren();
    const shown = element("div", { class: "refused" });
    const title = element("p", {}, element("strong", {}, `${say("answer.refused")}: `));
    title.append(element("bdi", {}, problem.title));
    if (problem.reason !== "") title.append(" ", literal(problem.reason, "reason"));
    shown.append(title);
    if ((problem.because ?? []).length > 0) {
      const because = element("p", { class: "because" }, `${say("answer.because")} `);
      for (const id of problem.because ?? []) because.append(literal(id, "cause-id"), " ");
      shown.append(because);
    }
    for (const { at, what } of elsewhere) {
      shown.append(element("p", {}, literal(at), " ", element("bdi", {}, what)));
    }
    if ((problem.errors ?? []).length > elsewhere.length) shown.append(element("p", {}, say("answer.fields")));
    if (advice !== "") shown.append(element("p", {}, advice));
    shown.append(this.closeButton());
    this.refusal.replaceChildren(shown);
    this.root.scrollIntoView({ block: "nearest" });
  }

  private closeButton(): HTMLElement {
    const button = element("button", { type: "button", class: "quiet close", title: say("answer.dismiss") }, "×");
    button.setAttribute("aria-label", say("answer.dismiss"));
    button.addEventListener("click", () => this.clear());
    return button;
  }
}
