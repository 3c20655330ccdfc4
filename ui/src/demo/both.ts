// Both nodes' pages side by side, with the story above them; where there is no room for two, one at a time.
import * as phrases from "../phrases/phrases";
import { onLanguage, say, spoken } from "../phrases/phrases";
import { languageChoice } from "../web/banner";
import { element } from "../web/elements";
import { ask } from "../web/requests";
import type { DemoNeighbour, DemoStep, Session } from "../wire";
import { Guide } from "./guide";
import { HERE, type ToView } from "./views";

const PERIOD_MS = 500;
const ANSWER_TIMEOUT_MS = 10_000;
const RETRY_MS = 5_000;
const COME_MS = 10_000; // chosen: the story waits so long for the two pages; then one of them does not come

/** One of the two: its frame, and where the page in it is from. */
class View {
  readonly root = element("section", { class: "view" });
  private frame: HTMLIFrameElement | null = null;
  private origin = "";
  is_here = false; // the page in it has something to show

  constructor(readonly party: string) {
    this.root.dataset["party"] = party;
  }

  open(origin: string, path: string): void {
    this.origin = origin;
    const frame = element("iframe", { src: origin + path });
    this.frame = frame;
    onLanguage(() => (frame.title = say("demo.view", { party: this.party })));
    this.root.replaceChildren(frame);
    addEventListener("message", ({ source, data }: MessageEvent<Partial<typeof HERE> | null>) => {
      if (source === frame.contentWindow && data?.mamarr === HERE.mamarr) this.is_here = true;
    });
  }

  /** Says why there is nothing to see. */
  miss(): void {
    this.root.replaceChildren(spoken(element("p", { class: "sentence", role: "status" }), "demo.view_missing"));
  }

  tell(what: ToView): void {
    this.frame?.contentWindow?.postMessage(what, this.origin);
  }

  focus(): void {
    this.frame?.focus();
  }

  get has_focus(): boolean {
    return this.frame !== null && document.activeElement === this.frame;
  }
}

class Both {
  readonly root = element("main", { class: "views", id: "main" });
  private readonly guide = new Guide({
    look: (step, is_taken) => {
      this.looked = { mamarr: "look", step, is_taken };
      this.turnTo(step);
      // What is shown there counts as shown to somebody only in a page that has the focus.
      if (step?.view != null && step.view === this.other?.party) this.other.focus();
      else if (this.other?.has_focus === true) this.own.focus();
      this.tell();
    },
    file: () => {
      this.own.tell({ mamarr: "file" });
      this.show(this.own);
      this.own.focus();
    },
  });
  private readonly own: View;
  private other: View | null = null;
  private readonly choice = element("div", { class: "view-choice", role: "group" });
  private looked: ToView = { mamarr: "look", step: null, is_taken: false };

  constructor(session: Session) {
    const language = languageChoice();
    const advisory = spoken(element("span", { class: "advisory" }), "banner.advisory");
    const head = element("header", { class: "both-head" }, element("strong", { class: "product", dir: "ltr" }, "Mamarr"), advisory, this.choice, language);
    this.own = new View(session.party);
    document.documentElement.dataset["mode"] = session.mode;
    document.documentElement.classList.add("is-both");
    document.body.append(head, this.guide.root, this.root);
    this.own.open(location.origin, "/");
    this.root.append(this.own.root);
    this.show(this.own);
    onLanguage(() => {
      document.title = `${say(`mode.${session.mode}`)} · ${say("demo.both")} · Mamarr`;
      spokenChoice(this.choice);
      this.tell();
    });
    void this.findOther();
    const begun_ms = performance.now();
    setInterval(() => {
      const are_here = this.own.is_here && this.other?.is_here === true;
      if (are_here || performance.now() - begun_ms > COME_MS) void this.guide.follow();
      this.tell(); // a page that has just come hears it too
    }, PERIOD_MS);
  }

  /** Asks where the other page is, until there is an answer. */
  private async findOther(): Promise<void> {
    const answer = await ask("POST", "/api/demo/neighbour", { timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind !== "done") {
      if (this.other === null) this.addOther(new View("")).miss();
      setTimeout(() => void this.findOther(), RETRY_MS);
      return;
    }
    const { party, port, code } = answer.body as DemoNeighbour;
    // By the same name as ours: to a browser that keeps its sign-in, the other name would be another site.
    this.addOther(new View(party)).open(`${location.protocol}//${location.hostname}:${port}`, `/#code=${code}`);
    this.turnTo(this.looked.mamarr === "look" ? this.looked.step : null);
  }

  private addOther(view: View): View {
    this.other?.root.remove();
    this.other = view;
    this.root.append(view.root);
    this.choice.replaceChildren(
      ...[this.own, view].map((each) => {
        const button = element("button", { type: "button", "data-view": each.party }, element("bdi", {}, each.party));
        button.addEventListener("click", () => this.show(each));
        return button;
      }),
    );
    this.show(this.own);
    return view;
  }

  /** Marks the view in which there is something to see, and shows it where there is room for one alone. */
  private turnTo(step: DemoStep | null): void {
    const view = step?.view != null && step.view === this.other?.party ? this.other : this.own;
    for (const each of [this.own, this.other]) if (each !== null) each.root.dataset["looked"] = String(step?.view != null && each === view);
    this.show(view);
  }

  private show(view: View): void {
    for (const each of [this.own, this.other]) if (each !== null) each.root.dataset["front"] = String(each === view);
    for (const button of this.choice.children) button.setAttribute("aria-pressed", String((button as HTMLElement).dataset["view"] === view.party));
  }

  private tell(): void {
    for (const each of [this.own, this.other]) {
      each?.tell(this.looked);
      each?.tell({ mamarr: "language", code: phrases.language() });
    }
  }
}

function spokenChoice(choice: HTMLElement): void {
  choice.setAttribute("aria-label", say("demo.views"));
}

/** Puts both views on the page, for who is signed in. */
export function openBoth(session: Session): void {
  new Both(session);
}
