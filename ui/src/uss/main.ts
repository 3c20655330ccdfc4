// The page of a USS: who we are, the picture once a second, and what is done with it.
import "maplibre-gl/dist/maplibre-gl.css";
import "../fonts.css";
import "../style.css";
import "../control_room.css";
import "./uss.css";
import type { Position } from "geojson";
import * as phrases from "../phrases/phrases";
import { onLanguage, say } from "../phrases/phrases";
import { AccountPanel } from "../web/account";
import { Banner, sinceText, type Currency } from "../web/banner";
import { element } from "../web/elements";
import { hearNodeTime } from "../web/moments";
import { Age, AGE_MAX_MS, follow, type Missed } from "../web/picture";
import * as session from "../web/session";
import { Shortcuts } from "../web/shortcuts";
import { SignIn } from "../web/sign_in";
import type { Session } from "../wire";
import { ClosureRows } from "./closures";
import { cornersOf, features, type Source } from "./drawn";
import { FlightRows } from "./flights";
import { ClosureForm, FlightForm, type Effects } from "./form";
import { UssMap } from "./map";
import { AdvisoryRows, OtherRows } from "./others";
import { volumesOfFlight } from "./words";
import type { UssPicture, Volume4D } from "./wire";

const TICK_MS = 250;

class Page {
  private readonly age = new Age();
  private readonly map = new UssMap(
    (place) => this.forms.find((form) => form.isPicking())?.picked(place),
    () => this.corners(),
  );
  private readonly flights = new FlightRows({
    goTo: (flight) => this.map.goTo(cornersOf(volumesOfFlight(flight))),
    causes: (ids) => this.setCauses("flights", ids),
    changed: () => this.askPicture(),
  });
  private readonly closures = new ClosureRows({
    goTo: ({ details }) => this.map.goTo(cornersOf(details?.volumes ?? [])),
    changed: () => this.askPicture(),
  });
  private readonly plan = new FlightForm(this.effects("plan"));
  private readonly close = new ClosureForm(this.effects("close"));
  private readonly forms: readonly (FlightForm | ClosureForm)[] = [this.plan, this.close];
  private readonly others = new OtherRows("others", (volumes) => this.map.goTo(cornersOf(volumes)));
  private readonly constraints = new OtherRows("others_constraints", (volumes) => this.map.goTo(cornersOf(volumes)));
  private readonly advisories = new AdvisoryRows((id) => {
    const flight = this.picture?.flights.find((each) => each.id === id);
    if (flight === undefined) return;
    this.map.goTo(cornersOf(volumesOfFlight(flight)));
    this.flights.list.focusOn(id);
  });
  private readonly lists = [this.flights.list, this.closures.list, this.others.list, this.constraints.list, this.advisories.list];
  private readonly again = element("div", { id: "again" }); // the way back in, when the session has ended
  private readonly panel = element("div", { class: "panel" });
  private readonly causes = new Map<string, readonly string[]>(); // each refusal marks its own until it is put away
  private readonly drafts = new Map<string, Volume4D | null>();
  private picture: UssPicture | null = null;
  private missed: Missed | null = null;
  private is_placed = false;
  private askPicture: () => void = () => {};

  constructor(
    private readonly banner: Banner,
    place: HTMLElement,
  ) {
    this.panel.append(this.again, this.flights.list.root, this.plan.root, this.advisories.list.root, this.closures.list.root, this.close.root, this.others.list.root, this.constraints.list.root);
    place.replaceChildren(this.map.root, this.panel);
  }

  start(opened: Session): void {
    this.panel.append(new AccountPanel(opened).root);
    this.askPicture = follow<UssPicture>(opened, {
      has_all: (picture) => Array.isArray(picture?.flights) && Array.isArray(picture?.others),
      heard: (picture) => this.heard(picture),
      missed: (why) => {
        this.missed = why;
        if (why === "signed-out") this.askAgain(opened);
        this.tick();
      },
    });
    setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.tick());
    onLanguage(() => {
      this.draw();
      this.tick();
    });
    void this.map.open();
  }

  focusPlan = (): void => this.plan.focus();
  focusClose = (): void => this.close.focus();
  focusFlights = (): void => this.flights.list.focus();
  focusClosures = (): void => this.closures.list.focus();
  focusAdvisories = (): void => this.advisories.list.focus();
  focusOthers = (): void => this.others.list.focus();
  focusMap = (): void => this.map.focus();

  escape = (): void => {
    this.flights.cancel();
    this.closures.cancel();
    for (const form of this.forms) form.dismiss();
  };

  private effects(of: string): Effects {
    return {
      causes: (ids) => this.setCauses(of, ids),
      draft: (volume) => {
        this.drafts.set(of, volume);
        this.draw();
      },
      look: (volume) => this.map.goTo(cornersOf([volume])),
      picks: (is_picking) => {
        // One form at a time has what is pressed on the map.
        if (is_picking) for (const form of this.forms) if (form !== (of === "plan" ? this.plan : this.close)) form.stopPicking();
        this.map.pick(is_picking);
      },
      changed: () => this.askPicture(),
    };
  }

  private heard(picture: UssPicture): void {
    hearNodeTime(picture.at);
    this.age.restart();
    this.picture = picture;
    this.missed = null;
    this.again.replaceChildren();
    this.plan.root.hidden = !picture.may_plan;
    this.close.root.hidden = !picture.may_close;
    for (const form of this.forms) form.show(picture);
    this.draw();
    this.tick();
    const corners = this.is_placed ? [] : this.corners();
    this.map.goTo(corners);
    this.is_placed ||= corners.length > 0;
  }

  /** The corners of all that is shown; of ours alone where there is some. */
  private corners(): Position[] {
    const { flights = [], constraints = [], others = [] } = this.picture ?? {};
    const ours = [...flights.flatMap(volumesOfFlight), ...constraints.flatMap(({ details }) => details?.volumes ?? [])];
    return cornersOf(ours.length > 0 ? ours : others.flatMap(({ volumes }) => volumes));
  }

  /** The last picture stays, veiled; whoever signs in again goes on where the page stood. */
  private askAgain(opened: Session): void {
    if (this.again.hasChildNodes()) return;
    const signedIn = async (): Promise<void> => {
      const now = await session.open(() => {});
      const is_same = now !== "signed-out" && now.session.party === opened.party && now.session.person === opened.person;
      if (is_same) this.askPicture();
      else location.reload();
    };
    this.again.append(new SignIn("missed.signed-out", () => void signedIn()).root);
  }

  private setCauses(of: string, ids: readonly string[]): void {
    this.causes.set(of, ids);
    this.draw();
  }

  private draw(): void {
    const { picture } = this;
    const causes = new Set([...this.causes.values()].flat());
    const age_s = (): number => (this.picture === null ? 0 : this.age.now_ms() / 1_000);
    const draft = [...this.drafts.values()].find((each) => each !== null) ?? null;
    const drawn = features({ picture, causes, draft, is_old: this.age.now_ms() > AGE_MAX_MS });
    for (const [source, made] of Object.entries(drawn)) this.map.put(source as Source, made);
    this.flights.show(picture, causes, age_s);
    this.closures.show(picture, causes);
    this.others.show(picture, causes, age_s);
    this.constraints.show(picture, causes, age_s);
    this.advisories.show(picture);
  }

  private tick(): void {
    const age_ms = this.age.now_ms();
    const heard_any = this.picture !== null;
    const currency: Currency = { age_ms, heard_any, is_old: age_ms > AGE_MAX_MS, missed: this.missed };
    this.banner.tick(currency);
    const last = heard_any ? say("picture.last", { time: sinceText(currency) }) : say("picture.none");
    for (const part of [this.map, ...this.lists]) part.veil(currency.is_old ? last : null);
    for (const list of this.lists) list.tick();
  }
}

async function run(): Promise<void> {
  phrases.start();
  const place = element("main", { id: "main" });
  let page: Page | null = null;
  const shortcuts = new Shortcuts(
    [
      { key: "f", says: "uss.help.plan", run: () => page?.focusPlan() },
      { key: "c", says: "uss.help.close", run: () => page?.focusClose() },
      { key: "v", says: "uss.help.flights", run: () => page?.focusFlights() },
      { key: "a", says: "uss.help.advisories", run: () => page?.focusAdvisories() },
      { key: "s", says: "uss.help.closures", run: () => page?.focusClosures() },
      { key: "o", says: "uss.help.others", run: () => page?.focusOthers() },
      { key: "m", says: "help.map", run: () => page?.focusMap() },
      { key: "g", says: "help.language", run: () => phrases.speakNext() },
    ],
    [],
    () => page?.escape(),
    "uss.help.data",
  );
  const banner = new Banner(() => shortcuts.show());
  document.body.append(banner.root, place, shortcuts.dialog);
  const opening = await session.open(() => {
    const sentence = element("p", { id: "sentence", role: "alert" }, say("session.waiting"));
    place.replaceChildren(element("div", { class: "sentence" }, sentence));
  });
  if (opening === "signed-out") {
    const panel = new SignIn("uss.sign_in", () => location.reload());
    place.replaceChildren(element("div", { class: "sentence" }, panel.root));
    panel.focus();
    return;
  }
  banner.showSession(opening.session);
  page = new Page(banner, place);
  page.start(opening.session);
}

void run();
