// The node's answer to a request, shown beside the form: yes with its receipt, no with its cause, or silence.
import { onLanguage, reasonText, say } from "../phrases/phrases";
import type { FieldError, Problem } from "../wire";
import { element, literal } from "./elements";

export class Answer {
  readonly root: HTMLElement;
  // Two live regions that stay in the page, so that screen readers announce what enters them.
  private readonly refusal: HTMLElement;
  private readonly confirmation: HTMLElement;
  private draw: (() => void) | null = null; // what is shown, to be said again in another language

  /** `prefix` keeps the ids of two forms on one page apart. */
  constructor(
    private readonly dismissed: () => void,
    prefix = "",
  ) {
    this.root = element("div", { class: "answer", id: `${prefix}answer` });
    this.refusal = element("div", { role: "alert", id: `${prefix}refusal` });
    this.confirmation = element("div", { role: "status", id: `${prefix}confirmation` });
    this.root.append(this.refusal, this.confirmation);
    onLanguage(() => this.draw?.());
  }

  clear(): void {
    const was_shown = this.draw !== null;
    this.draw = null;
    this.refusal.replaceChildren();
    this.confirmation.replaceChildren();
    if (was_shown) this.dismissed();
  }

  /** Draws it again: what there is to say about it is another. */
  again(): void {
    if (this.draw === null) return;
    this.draw();
    this.root.scrollIntoView({ block: "nearest" });
  }

  /** `more`: what else there is to say about it. Texts are asked for again when the language changes. */
  showDone(text: () => string, receipt: string, more: () => Node[] = () => []): void {
    this.show(() => {
      this.refusal.replaceChildren();
      const proof = element("code", { class: "receipt", dir: "ltr", tabindex: "0" }, receipt);
      proof.setAttribute("aria-label", `${say("answer.receipt")}: ${receipt}`);
      const words = element("p", {}, element("strong", {}, text()));
      const line = element("p", { class: "receipt-line" }, element("span", {}, say("answer.receipt")), " ", proof);
      const lines = receipt === "" ? more() : [...more(), line];
      this.confirmation.replaceChildren(element("div", { class: "done" }, words, ...lines, this.closeButton()));
    });
  }

  showSilence(text: () => string): void {
    this.show(() => {
      this.confirmation.replaceChildren();
      this.refusal.replaceChildren(element("div", { class: "warning" }, element("p", {}, text()), this.closeButton()));
    });
  }

  /** A refusal with its cause; `elsewhere` are errors that belong to no field of the form, `more` what to do. */
  showRefusal(problem: Problem, elsewhere: readonly FieldError[], advice: () => string, more: () => Node[] = () => []): void {
    this.show(() => {
      this.confirmation.replaceChildren();
      const shown = element("div", { class: "refused" });
      const title = element("p", {}, element("strong", {}, `${say("answer.refused")}: `));
      title.append(element("bdi", {}, reasonText(problem)));
      if (problem.reason !== "") title.append(" ", literal(problem.reason, "reason"));
      shown.append(title);
      if ((problem.because ?? []).length > 0) {
        const because = element("p", { class: "because" }, `${say("answer.because")} `);
        for (const id of problem.because ?? []) because.append(literal(id, "cause-id"), " ");
        shown.append(because);
      }
      if (problem.limit != null) shown.append(element("p", { class: "because" }, `${say("answer.limit")} `, literal(problem.limit, "limit")));
      for (const { at, what } of elsewhere) {
        shown.append(element("p", {}, literal(at), " ", element("bdi", {}, what)));
      }
      if ((problem.errors ?? []).length > elsewhere.length) shown.append(element("p", {}, say("answer.fields")));
      if (advice() !== "") shown.append(element("p", {}, advice()));
      shown.append(...more(), this.closeButton());
      this.refusal.replaceChildren(shown);
    });
  }

  private show(draw: () => void): void {
    this.draw = draw;
    draw();
    this.root.scrollIntoView({ block: "nearest" });
  }

  private closeButton(): HTMLElement {
    const button = element("button", { type: "button", class: "quiet close", title: say("answer.dismiss") }, "×");
    button.setAttribute("aria-label", say("answer.dismiss"));
    button.addEventListener("click", () => this.clear());
    return button;
  }
}
