// The page: who we are, the picture once a second, and what is done with it.
import "maplibre-gl/dist/maplibre-gl.css";
import "./fonts.css";
import "./style.css";
import { ReservationForm } from "./airspace/form";
import { ReservationList } from "./airspace/list";
import { ReservationMap } from "./airspace/map";
import * as phrases from "./phrases/phrases";
import { onLanguage, say } from "./phrases/phrases";
import { Banner, sinceText, type Currency } from "./web/banner";
import { element, setText } from "./web/elements";
import { hearNodeTime } from "./web/moments";
import { Age, AGE_MAX_MS, follow, type Missed } from "./web/picture";
import * as session from "./web/session";
import { Shortcuts } from "./web/shortcuts";
import type { Picture, Session, Box } from "./wire";

const TICK_MS = 250;

class Page {
  private readonly age = new Age();
  private readonly map = new ReservationMap();
  private readonly list = new ReservationList({
    goTo: (reservation) => this.map.goTo(reservation.volume),
    causes: (ids) => {
      this.list_causes = ids;
      this.draw();
    },
    changed: () => this.askPicture(),
  });
  private readonly form = new ReservationForm({
    causes: (ids) => {
      this.form_causes = ids;
      this.draw();
    },
    draft: (volume) => {
      this.draft = volume;
      this.draw();
    },
    recorded: () => this.askPicture(),
  });
  private picture: Picture | null = null;
  private missed: Missed | null = null;
  private form_causes: readonly string[] = []; // each refusal marks its own until it is put away
  private list_causes: readonly string[] = [];
  private draft: Box | null = null;
  private askPicture: () => void = () => {};

  constructor(
    private readonly banner: Banner,
    place: HTMLElement,
    notice: string,
  ) {
    const panel = element("div", { class: "panel" });
    if (notice !== "") panel.append(element("p", { class: "message is-warning", role: "status" }, notice));
    panel.append(this.list.root, this.form.root);
    place.replaceChildren(this.map.root, panel);
  }

  start(opened: Session): void {
    this.form.show(opened.party, new Set(), false);
    this.askPicture = follow(opened, {
      heard: (picture) => {
        hearNodeTime(picture.at);
        this.age.restart();
        this.picture = picture;
        this.missed = null;
        this.draw();
        this.tick();
      },
      missed: (why) => {
        this.missed = why;
        this.tick();
      },
    });
    setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.tick());
    onLanguage(() => this.tick());
    void this.map.open();
  }

  focusForm = (): void => this.form.focus();
  focusList = (): void => this.list.focus();
  focusMap = (): void => this.map.focus();

  escape = (): void => {
    this.list.cancel();
    this.form.dismiss();
  };

  private draw(): void {
    const { draft, picture } = this;
    const causes = new Set([...this.form_causes, ...this.list_causes]);
    const reservations = picture?.reservations ?? [];
    const read_only = picture?.read_only ?? false;
    this.map.show({ reservations, causes, draft });
    const is_cut = picture?.is_cut ?? false;
    this.list.show({ reservations: picture === null ? null : reservations, causes, read_only, is_cut });
    if (picture !== null) {
      this.form.show(picture.party, new Set(reservations.map((each) => each.reservation_id)), read_only);
    }
  }

  private tick(): void {
    const age_ms = this.age.now_ms();
    const heard_any = this.picture !== null;
    const currency: Currency = { age_ms, heard_any, is_old: age_ms > AGE_MAX_MS, missed: this.missed };
    this.banner.tick(currency);
    const last = heard_any ? say("picture.last", { time: sinceText(currency) }) : say("picture.none");
    for (const part of [this.map, this.list]) part.veil(currency.is_old ? last : null);
  }
}

function showSentence(place: HTMLElement, key: "session.needed" | "session.waiting"): void {
  if (place.dataset["sentence"] === key) return; // already said; saying it again would announce it again
  place.dataset["sentence"] = key;
  const sentence = element("p", { id: "sentence", role: "alert" });
  place.replaceChildren(element("div", { class: "sentence" }, sentence));
  onLanguage(() => setText(sentence, say(key)));
}

async function run(): Promise<void> {
  phrases.start();
  const place = element("main", { id: "main" });
  let page: Page | null = null;
  const shortcuts = new Shortcuts(
    [
      { key: "n", says: "help.new", run: () => page?.focusForm() },
      { key: "l", says: "help.list", run: () => page?.focusList() },
      { key: "m", says: "help.map", run: () => page?.focusMap() },
      { key: "g", says: "help.language", run: () => phrases.speakNext() },
    ],
    () => page?.escape(),
  );
  const banner = new Banner(() => shortcuts.show());
  document.body.append(banner.root, place, shortcuts.dialog);
  session.watchAddress();
  const opening = await session.open(() => showSentence(place, "session.waiting"));
  if (opening === "signed-out") {
    showSentence(place, "session.needed");
    return;
  }
  const { authority } = opening.session;
  banner.showSession(opening.session);
  page = new Page(banner, place, opening.code_refused ? say("session.code_refused", { authority }) : "");
  page.start(opening.session);
}

void run();
