// The guide through the demo: a bar of its steps above what they show, each of which can be shown again.
import { shortDigest } from "../coordination/agreement";
import { onLanguage, say } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import type { DemoSigned, DemoStep, DroneDemo, DroneStep } from "../wire";
import { droneSentence, isDroneStep } from "./drone_words";
import { askStory, DRONES, halt, storyPath, tell, type StoryPath } from "./story";

const SHOWN_AFTER_MS = 1_000; // a step counts as shown when it was in view for a second
const REFUSED_MS = 2_500; // chosen: so long the refusal is told alone, before what was taken in its place

export interface Effects {
  look: (step: DemoStep | null, is_taken: boolean) => void; // what a step is about, and whether its alternative was taken
  file: () => void; // to the form: now you
  chapter?: (chapter: DroneDemo) => void; // of the chapter about drones: what is seen, each time that it is asked for
}

type Step = DemoStep | DroneStep;

export class Guide {
  readonly root = element("section", { class: "guide", id: "guide", hidden: true, "aria-labelledby": "guide-title" });
  private readonly title = element("h2", { id: "guide-title" });
  private readonly bar = element("ol", { class: "guide-bar" });
  private readonly sentence = element("p", { class: "guide-sentence", role: "status", id: "guide-sentence" });
  private readonly signed = element("ul", { class: "guide-signed", id: "guide-signed", hidden: true });
  private readonly pause = element("button", { type: "button", class: "quiet", id: "guide-pause" });
  private readonly now_you = element("button", { type: "button", class: "primary", id: "guide-file", hidden: true });
  private steps: readonly Step[] = [];
  private current: number | null = null;
  private seen: { name: string; since_ms: number } | null = null;
  private told = ""; // the beginning of a step that was last told to be shown
  private path: StoryPath | "" | null = null; // where the story is told; "": nowhere; null until that is known
  private is_asking = false;
  private is_closed = false;
  private is_paused = false;
  private looked = "";

  constructor(private readonly effects: Effects) {
    const close = element("button", { type: "button", class: "quiet", id: "guide-close" }, "×");
    close.addEventListener("click", () => this.close());
    this.now_you.addEventListener("click", () => {
      effects.look(null, false);
      effects.file();
    });
    this.pause.addEventListener("click", () => void this.halt());
    this.root.append(this.title, this.bar, this.pause, this.sentence, this.signed, this.now_you, close);
    onLanguage(() => {
      setText(this.title, say("demo.title"));
      setText(this.now_you, `${say("demo.now_you")} (f)`);
      close.setAttribute("aria-label", say("demo.close"));
      this.draw();
    });
  }

  /** Asks for the story once more, where there is one; called with each picture. */
  async follow(): Promise<void> {
    if (this.is_asking || this.path === "" || (this.is_closed && this.path !== DRONES)) return;
    if (document.visibilityState !== "visible") return; // the story waits for somebody who looks
    this.is_asking = true;
    this.path ??= await storyPath();
    const story = this.path === null || this.path === "" ? null : await askStory(this.path);
    this.is_asking = false;
    if (story === null) return;
    if ("sky" in story) this.effects.chapter?.(story);
    if (this.is_closed) return;
    this.root.hidden = false;
    this.steps = story.steps;
    this.current = story.current;
    this.is_paused = story.is_paused ?? false;
    this.draw();
    await this.tellShown();
  }

  /** Has the step that is shown told once more. */
  replay = (): void => {
    if (this.current !== null) void this.again(this.current);
  };

  private close(): void {
    this.is_closed = true;
    this.root.hidden = true;
    this.effects.look(null, false);
  }

  private shownStep(): Step | undefined {
    return this.steps.find(({ number }) => number === this.current);
  }

  private async tellShown(): Promise<void> {
    const step = this.shownStep();
    if (step === undefined || !this.path || this.told === nameOf(step) || this.seenFor_ms(step) < SHOWN_AFTER_MS) return;
    if (await tell(this.path, step.number, "shown")) this.told = nameOf(step); // else the next picture tells it again
  }

  /** How long this telling of a step has been in view. */
  private seenFor_ms(step: Step): number {
    const name = `${nameOf(step)} ${isDroneStep(step) || step.refusal == null ? "" : "refused"}`;
    const is_new = this.seen?.name !== name || document.visibilityState !== "visible";
    if (is_new || this.seen === null) this.seen = { name, since_ms: performance.now() };
    return performance.now() - this.seen.since_ms;
  }

  private async halt(): Promise<void> {
    if (this.path) await halt(this.path, !this.is_paused);
    await this.follow();
  }

  private async again(number: number): Promise<void> {
    this.looked = "";
    if (this.path) await tell(this.path, number, "replay");
    await this.follow();
  }

  private draw(): void {
    const step = this.shownStep();
    const of_two = step === undefined || isDroneStep(step) ? null : step;
    const is_taken = of_two?.taken != null && this.seenFor_ms(of_two) > REFUSED_MS;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["step"] : undefined;
    const state = JSON.stringify(this.steps.map(({ number, state }) => [number, state]));
    if (this.bar.dataset["drawn"] !== `${state} ${this.current} ${document.documentElement.lang}`) {
      this.bar.dataset["drawn"] = `${state} ${this.current} ${document.documentElement.lang}`;
      this.bar.replaceChildren(...this.steps.map((each) => this.button(each, each === step)));
      if (focused !== undefined) this.bar.querySelector<HTMLElement>(`[data-step="${focused}"]`)?.focus();
    }
    setText(this.sentence, step === undefined ? say("demo.waiting") : sentenceOf(step, is_taken));
    setText(this.pause, say(this.is_paused ? "demo.go_on" : "demo.pause"));
    this.pause.setAttribute("aria-pressed", String(this.is_paused));
    this.drawSigned(of_two?.signed ?? []);
    this.now_you.hidden = step?.key !== "YOUR_TURN";
    const looked = JSON.stringify([of_two, is_taken]);
    if (looked === this.looked || this.root.hidden || this.path === DRONES) return;
    this.looked = looked;
    this.effects.look(of_two, is_taken);
  }

  /** Who signed what, as the records have it. */
  private drawSigned(signed: readonly DemoSigned[]): void {
    const state = `${JSON.stringify(signed)} ${document.documentElement.lang}`;
    this.signed.hidden = signed.length === 0;
    if (this.signed.dataset["drawn"] === state) return;
    this.signed.dataset["drawn"] = state;
    this.signed.replaceChildren(
      ...signed.map(({ said, node, key_id, sequence, record, entry }) => {
        const place = say("demo.signed_at", { sequence, entry });
        return element("li", { "data-said": said }, `✓ ${say(`demo.signed_${said}`)} `, literal(node), ` · ${say("demo.signed_key")} `, literal(key_id, "key-id"), ` · ${place} `, literal(record));
      }),
    );
  }

  private button(step: Step, is_current: boolean): HTMLElement {
    const sign = { DONE: "✓", RUNNING: "▶", WAITING: "·", FAILED: "✕" }[step.state];
    const button = element("button", { type: "button", "data-step": String(step.number), "data-state": step.state });
    button.append(element("span", { "aria-hidden": "true" }, sign), " ", `${step.number}. ${say(`demo.${step.key}_short`)}`);
    button.title = say("demo.replay");
    if (is_current) button.setAttribute("aria-current", "step");
    button.addEventListener("click", () => void this.again(step.number));
    return element("li", {}, button);
  }
}

/** One telling of a step, with what came of it so far. */
function nameOf(step: Step): string {
  if (isDroneStep(step)) return JSON.stringify({ ...step, is_shown: null, state: null });
  const { number, began_at, progress, refusal, taken, alert_id, finding } = step;
  return JSON.stringify([number, began_at, progress, refusal?.reason, taken, alert_id, finding]);
}

function sentenceOf(step: Step, is_taken: boolean): string {
  if (step.state === "FAILED") return say("demo.FAILED");
  if (isDroneStep(step)) return droneSentence(step);
  if (is_taken) return say("demo.TAKEN", { kind: say(`demo.taken_${step.taken ?? "LATER"}`) });
  if (step.finding_entry != null) return say("demo.FOUND", { entry: step.finding_entry });
  if (step.key === "JOINED") return say("demo.JOINED", { digest: shortDigest(step.digest ?? "") });
  if (step.key === "ASKED" && (step.progress === "REQUESTED" || step.progress === "COORDINATED")) return say(`demo.ASKED_${step.progress}`);
  if (step.key !== "LEFT_CORRIDOR") return say(`demo.${step.key}`);
  const speed = step.speed_ratio == null ? [] : [say("demo.speed", { speed: `${step.speed_ratio}×` })];
  return [say("demo.LEFT_CORRIDOR"), ...ladder(step.progress), ...speed, say("feed_note.DEMO_RECORDING")].join(" "); // not a value: it follows the language's direction
}

/** How far the alert is at the other authority. */
function ladder(progress: DemoStep["progress"]): string[] {
  const is_climbed = progress === "SENT" || progress === "RECEIVED" || progress === "PRESENTED";
  return is_climbed ? [say(`demo.alert_${progress}`)] : [];
}
