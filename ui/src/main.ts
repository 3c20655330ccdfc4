// The page: who we are, the picture once a second, and what is done with it.
import "maplibre-gl/dist/maplibre-gl.css";
import "./fonts.css";
import "./style.css";
import "./control_room.css";
import { AttemptsList } from "./airspace/attempts";
import { askDeclared, NOTHING_DECLARED, type Declared } from "./airspace/declared";
import { declaredFeatures } from "./airspace/declared_drawn";
import { ReservationForm } from "./airspace/form";
import { Legend } from "./airspace/legend";
import { ReservationList } from "./airspace/list";
import { SkyMap, type Source } from "./airspace/map";
import { reservationFeatures } from "./airspace/reservations_drawn";
import { cornersOf, type Sky } from "./airspace/sky";
import { skyFeatures } from "./airspace/sky_drawn";
import { SkyList } from "./airspace/sky_list";
import { openBoth } from "./demo/both";
import { DroneList } from "./demo/drones";
import { droneFeatures, placesOf } from "./demo/drones_drawn";
import { Guide } from "./demo/guide";
import { hear, is_view, sayHere } from "./demo/views";
import { draftFeatures, flightFeatures, type Draft } from "./flights/drawn";
import { FlightForm } from "./flights/form";
import { FlightList } from "./flights/list";
import { lineOf } from "./flights/route";
import { FLIGHT_KEYS } from "./flights/standing";
import { regionRings, sidesOf } from "./geometry/regions";
import * as phrases from "./phrases/phrases";
import { onLanguage, say } from "./phrases/phrases";
import { AlertList } from "./surveillance/alerts";
import { trackFeatures } from "./surveillance/drawn";
import { FeedList } from "./surveillance/feeds";
import { AccountPanel } from "./web/account";
import { AgreementPanel } from "./coordination/agreement";
import { REQUEST_KEYS, RequestList } from "./coordination/crossings";
import { askedFeatures } from "./coordination/crossings_drawn";
import { offerVoice, VoicePanel } from "./coordination/voice";
import { DisclosurePanel } from "./coordination/disclosure";
import { ActsPanel } from "./web/acts";
import { Banner, sinceText, type Currency } from "./web/banner";
import { element, setText } from "./web/elements";
import { hearNodeTime, nodeNow } from "./web/moments";
import { Age, AGE_MAX_MS, follow, type Missed } from "./web/picture";
import { PresentedRows } from "./web/presented";
import * as session from "./web/session";
import { Shortcuts } from "./web/shortcuts";
import { SignIn } from "./web/sign_in";
import type { Alert, Box, Crossing, DemoStep, DroneDemo, Flight, Picture, Session } from "./wire";

const TICK_MS = 250;
const BOTH = "/both"; // the address of the page with both views, in the demo alone

class Page {
  private readonly age = new Age();
  private readonly legend = new Legend();
  private readonly map = new SkyMap(
    {
      alternative: (index) => void this.flight_form.take(index),
      flight: (flight_id) => this.flights.select(flight_id),
      sky: (key) => this.sky.select(key),
    },
    this.legend.root,
  );
  private readonly alerts = new AlertList({
    goTo: (alert) => this.goToAlert(alert),
    goToTold: ({ node, object_id, filed_ms }) => {
      const of = this.picture?.crossings.find((each) => each.node === node && each.object_id === object_id && each.filed_ms === filed_ms);
      if (of !== undefined) this.goToCrossing(of);
    },
    changed: () => this.askPicture(),
  });
  private readonly attempts = new AttemptsList();
  private readonly feeds = new FeedList();
  private readonly flights = new FlightList({
    goTo: (flight) => this.goToFlight(flight),
    revise: (flight) => {
      this.goToFlight(flight);
      this.flight_form.revise(flight);
    },
    changed: () => this.askPicture(),
  });
  private readonly flight_form = new FlightForm({
    causes: (ids) => this.setCauses("flight_form", ids),
    draft: (draft) => {
      this.flight_draft = draft;
      this.draw();
    },
    recorded: () => this.askPicture(),
    left: (flight_id) => this.flights.select(flight_id),
  });
  private readonly requests = new RequestList({
    chosen: (crossing) => this.map.put("asked", askedFeatures(crossing ?? this.toldCrossing(), this.declared.corridors)),
    goTo: (crossing) => this.goToCrossing(crossing),
    changed: () => this.askPicture(),
  });
  private readonly sky = new SkyList((each) => this.map.goTo(cornersOf(each)));
  private readonly list = new ReservationList({
    goTo: (reservation) => {
      const { south_deg, north_deg, west_deg, east_deg } = sidesOf(reservation);
      this.map.goTo([[west_deg, south_deg], [east_deg, north_deg]]);
    },
    causes: (ids) => this.setCauses("list", ids),
    changed: () => this.askPicture(),
  });
  private readonly form = new ReservationForm({
    causes: (ids) => this.setCauses("form", ids),
    draft: (volume) => {
      this.draft = volume;
      this.draw();
    },
    recorded: () => this.askPicture(),
  });
  private readonly guide = new Guide({
    look: (step, is_taken) => this.lookAt(step, is_taken),
    file: () => this.flight_form.focus(),
    chapter: (chapter) => this.showChapter(chapter),
  });
  private readonly drones = new DroneList((places) => this.map.goTo(places));
  private chapter: DroneDemo | null = null; // about drones, in that demo alone
  private told_draft: Draft | null = null; // what the story of the demo was refused
  private told: { step: DemoStep | null; is_taken: boolean; is_seen: boolean; is_fresh: boolean } | null = null; // what it is about
  private picture: Picture | null = null;
  private declared: Declared = NOTHING_DECLARED;
  private revision: number | null = null; // of what is declared, as last asked for
  private is_asking_declared = false;
  private declared_drawn = "";
  private missed: Missed | null = null;
  private readonly causes = new Map<string, readonly string[]>(); // each refusal marks its own until it is put away
  private draft: Box | null = null;
  private flight_draft: Draft | null = null;
  private readonly again = element("div", { id: "again" }); // the way back in, when the session has ended
  private readonly panel: HTMLElement;
  private readonly presented: PresentedRows;
  private acts: ActsPanel | null = null;
  private disclosure: DisclosurePanel | null = null;
  private agreement: AgreementPanel | null = null;
  private voice: VoicePanel | null = null;
  private askPicture: () => void = () => {};

  constructor(
    private readonly banner: Banner,
    place: HTMLElement,
    notice: string,
  ) {
    const panel = element("div", { class: "panel" });
    if (notice !== "") panel.append(element("p", { class: "message is-warning", role: "status" }, notice));
    panel.append(this.again, this.drones.root, this.alerts.root, this.requests.root, this.flights.root, this.flight_form.root, this.attempts.spoken, this.attempts.root, this.feeds.root, this.sky.root, this.list.root, this.form.root);
    this.panel = panel;
    this.presented = new PresentedRows(panel);
    banner.root.append(this.drones.label, this.feeds.down);
    place.replaceChildren(this.guide.root, this.map.root, panel);
  }

  start(opened: Session): void {
    this.form.show(opened.party, new Set(), false);
    this.flight_form.show(opened.party, [], false);
    this.acts = new ActsPanel(opened);
    this.disclosure = new DisclosurePanel(opened);
    this.agreement = new AgreementPanel(opened);
    this.voice = new VoicePanel(opened.person, () => this.askPicture());
    this.requests.root.after(this.voice.root);
    for (const rows of [this.flights.root, this.list.root]) this.voice.listen(rows);
    this.panel.append(this.acts.root, this.agreement.root, this.disclosure.root, new AccountPanel(opened).root);
    this.askPicture = follow<Picture>(opened, {
      has_all: (picture) => Array.isArray(picture?.reservations),
      heard: (picture) => {
        hearNodeTime(picture.at);
        this.age.restart();
        if (is_view && this.picture === null) sayHere();
        this.picture = picture;
        this.missed = null;
        this.again.replaceChildren();
        this.draw();
        this.tick();
        this.keepInView();
        void this.followDeclared(picture.airspace_revision);
        if (this.told?.is_seen === false) this.lookAt(this.told.step, this.told.is_taken);
        if (opened.mode === "EXERCISE" && !is_view) void this.guide.follow(); // the demo is never anything else
      },
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

  focusForm = (): void => this.form.focus();
  focusList = (): void => this.list.focus();
  focusMap = (): void => this.map.focus();
  focusFlights = (): void => this.flights.focus();
  focusFlightForm = (): void => this.flight_form.focus();
  focusSky = (): void => this.sky.focus();
  focusRequests = (): void => this.requests.focus();
  focusAlerts = (): void => this.alerts.focus();
  acknowledge = (): void => this.alerts.acknowledge();
  replay = (): void => this.guide.replay();
  takeAlternative = (index: number): void => void this.flight_form.take(index);

  escape = (): void => {
    this.list.cancel();
    this.flights.cancel();
    this.requests.cancel();
    this.agreement?.cancel();
    this.voice?.cancel();
    this.acts?.cancel();
    this.disclosure?.cancel();
    this.form.dismiss();
    this.flight_form.dismiss();
  };

  /** The last picture stays, read-only and veiled; whoever signs in again goes on where the page stood. */
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

  /** Asks for what is declared whenever the picture says that it may be other than before. */
  private async followDeclared(revision: number): Promise<void> {
    if (revision === this.revision || this.is_asking_declared) return;
    this.is_asking_declared = true;
    const declared = await askDeclared();
    this.is_asking_declared = false;
    if (declared === null) return; // the next picture asks again
    this.revision = revision;
    this.declared = declared;
    this.legend.declare(declared);
    this.flight_form.declare(declared);
    this.disclosure?.declare(declared);
    this.draw();
  }

  private setCauses(of: string, ids: readonly string[]): void {
    this.causes.set(of, ids);
    this.draw();
  }

  /** Hears what the page around this one tells it, where there is one. */
  hearStory(): void {
    hear((what) => {
      if (what.mamarr === "language" && what.code !== phrases.language()) phrases.speak(what.code);
      if (what.mamarr === "file") this.flight_form.focus();
      const is_news = what.mamarr === "look" && JSON.stringify([what.step, what.is_taken]) !== JSON.stringify([this.told?.step, this.told?.is_taken]);
      if (what.mamarr === "look" && is_news) this.lookAt(what.step, what.is_taken);
    });
  }

  /**
   * Shows what a step of the story is about. What was refused flew where its alternatives would, at another time
   * or level. Each node's page has its own part of it: the flight where it was filed, the crossing where it is asked.
   */
  private lookAt(step: DemoStep | null, is_taken: boolean): void {
    const is_here = step?.view == null || step.view === this.picture?.party;
    const refusal = is_here ? step?.refusal : null;
    const alternatives = refusal?.alternatives ?? [];
    const line = alternatives.find(({ kind }) => kind === "LATER") ?? alternatives[0];
    const chosen = is_taken ? alternatives.findIndex(({ kind }) => kind === step?.taken) : null;
    this.told_draft = line === undefined ? null : { plan: line.plan, is_refused: true, alternatives, chosen };
    const because = step?.refusal == null ? [] : [...(step.refusal.because ?? []), ...(step.flight_id == null ? [] : [step.flight_id])];
    this.setCauses("story", because);
    const flight = this.picture?.flights.find(({ flight_id }) => flight_id === step?.flight_id);
    this.told = { step, is_taken, is_seen: false, is_fresh: true };
    const crossing = this.toldCrossing();
    this.told.is_seen = flight !== undefined || crossing !== null || (step?.flight_id == null && step?.crossing_id == null && this.declared.shares.length > 0);
    const plan = line?.plan ?? flight?.plan;
    if (step?.key === "JOINED") this.map.goTo(this.declared.shares.flatMap(({ rings }) => rings.flat()));
    else if (plan !== undefined) this.map.goTo(lineOf(plan, this.declared.corridors));
    else if (crossing !== null) this.goToCrossing(crossing);
    this.map.put("asked", askedFeatures(crossing, this.declared.corridors));
    if (crossing !== null && step?.key !== "LEFT_CORRIDOR") this.requests.bringIntoView(crossing.crossing_id);
    if (step?.key === "LEFT_CORRIDOR") this.alerts.bringIntoView();
    else if (flight !== undefined) this.flights.bringIntoView(flight.flight_id);
    if (step?.key === "YOUR_TURN") this.flight_form.root.scrollIntoView({ block: "start" });
  }

  /** What drones plan and what is closed for them; and what of it the step that is told is about. */
  private showChapter(chapter: DroneDemo): void {
    const before = this.chapter;
    this.chapter = chapter;
    if (before === null) this.legend.add(["drone", "drone-closed"]);
    this.drones.show(chapter.sky);
    this.draw();
    const step = chapter.steps.find(({ number }) => number === chapter.current);
    const is_news = chapter.current !== before?.current || step?.state !== before?.steps.find(({ number }) => number === step?.number)?.state;
    const places = [...this.declared.corridors.flatMap(({ points }) => points), ...placesOf(chapter.sky)];
    if (is_news && places.length > 0) this.map.comeNear(places);
    if (step === undefined || step.number === before?.current) return;
    if (step.key === "HELICOPTER_FILED" || step.key === "HELICOPTER_FLIES") this.flights.bringIntoView(step.flight_id ?? "");
    else this.drones.root.scrollIntoView({ block: "start" });
  }

  /** With the first picture after it was told the flight may have another place in its list. */
  private keepInView(): void {
    if (this.told?.is_fresh !== true || this.told.step?.flight_id == null) return;
    this.told.is_fresh = false;
    if (this.told.step.key === "LEFT_CORRIDOR") this.alerts.bringIntoView();
    else this.flights.bringIntoView(this.told.step.flight_id);
  }

  /** What another authority asks of us, or we hold for it, that the story is about. */
  private toldCrossing(): Crossing | null {
    const crossing_id = this.told?.step?.crossing_id;
    return this.picture?.crossings.find((each) => each.crossing_id === crossing_id) ?? null;
  }

  private goToFlight({ plan }: Flight): void {
    this.map.goTo(lineOf(plan, this.declared.corridors));
  }

  private goToAlert({ latitude_deg, longitude_deg, flight_id, track_id }: Alert): void {
    const track = this.picture?.tracks.find((each) => each.track_id === track_id);
    const flight = this.picture?.flights.find((each) => each.flight_id === flight_id);
    const seen = track === undefined ? [longitude_deg, latitude_deg] : [track.longitude_deg, track.latitude_deg];
    const places = seen.every((each) => each !== null) ? [seen as number[]] : [];
    this.map.goTo([...places, ...(flight === undefined ? [] : lineOf(flight.plan, this.declared.corridors))]);
  }

  private goToCrossing({ parts, plan }: Crossing): void {
    const places = parts.flatMap(({ region }) => regionRings(region)).flat();
    this.map.goTo([...places, ...(plan === null ? [] : lineOf(plan, this.declared.corridors))]);
  }

  private draw(): void {
    const { draft, picture, declared } = this;
    const causes = new Set([...this.causes.values()].flat());
    const reservations = picture?.reservations ?? [];
    const flights = picture?.flights ?? [];
    const alerts = picture?.alerts ?? [];
    const active = alerts.filter(({ status }) => status === "ACTIVE_UNACK" || status === "ACTIVE_ACK");
    const alerted = new Set(active.map(({ flight_id }) => flight_id));
    const read_only = picture?.read_only ?? false;
    const marked = { causes, alerted };
    this.drawDeclared(causes);
    const sky: Sky | null = picture === null ? null : { others: picture.others, imposed: picture.imposed, flights };
    const drawn = {
      ...(sky === null ? {} : skyFeatures(sky, new Set(reservations.map((each) => each.reservation_id)))),
      ...reservationFeatures({ reservations, causes, draft }),
      ...flightFeatures(flights, declared.corridors, marked, nodeNow().getTime()),
      drafts: draftFeatures(this.flight_draft ?? this.told_draft, declared.corridors),
      ...droneFeatures(this.chapter?.sky ?? null),
      ...trackFeatures(picture?.tracks ?? [], picture?.feeds ?? [], picture?.live === "DOWN"),
    };
    for (const [source, features] of Object.entries(drawn)) this.map.put(source as Source, features);
    const is_cut = picture?.is_cut ?? false;
    offerVoice((picture?.lines.length ?? 0) > 0 && !read_only); // who sees the lines is the node's own party
    this.list.show({ reservations: picture === null ? null : reservations, causes, read_only, is_cut });
    this.flights.show({ flights: picture === null ? null : flights, corridors: declared.corridors, causes, alerted, read_only });
    this.sky.show(sky);
    this.requests.show({ crossings: picture?.crossings ?? [], lines: picture?.lines ?? [], suspensions: picture?.suspensions ?? [], corridors: declared.corridors, read_only });
    this.voice?.show({ flights, reservations, crossings: picture?.crossings ?? [], corridors: declared.corridors, read_only });
    this.alerts.show({ alerts, told: picture?.alerts_told ?? [], flights });
    if (picture === null) return;
    this.attempts.show(picture.attempts);
    this.feeds.show(picture.feeds, picture.live);
    this.form.show(picture.party, new Set(reservations.map((each) => each.reservation_id)), read_only);
    this.flight_form.show(picture.party, flights, read_only);
  }

  /** What is declared is much and changes seldom: drawn again only when it, a cause or the language is another. */
  private drawDeclared(causes: ReadonlySet<string>): void {
    const state = JSON.stringify([this.revision, [...causes], phrases.language()]);
    if (state === this.declared_drawn) return;
    this.declared_drawn = state;
    for (const [source, features] of Object.entries(declaredFeatures(this.declared, causes))) this.map.put(source as Source, features);
  }

  private tick(): void {
    const age_ms = this.age.now_ms();
    const heard_any = this.picture !== null;
    const currency: Currency = { age_ms, heard_any, is_old: age_ms > AGE_MAX_MS, missed: this.missed };
    this.banner.tick(currency);
    this.flights.tick();
    this.alerts.tick();
    this.requests.tick();
    this.drones.tick();
    if (!currency.is_old) this.presented.tick(); // what is shown may be over since
    const last = heard_any ? say("picture.last", { time: sinceText(currency) }) : say("picture.none");
    for (const part of [this.map, this.list, this.drones, this.flights, this.requests, this.sky]) part.veil(currency.is_old ? last : null);
  }
}

function showSentence(place: HTMLElement, key: "session.waiting"): void {
  if (place.dataset["sentence"] === key) return; // already said; saying it again would announce it again
  place.dataset["sentence"] = key;
  const sentence = element("p", { id: "sentence", role: "alert" });
  place.replaceChildren(element("div", { class: "sentence" }, sentence));
  onLanguage(() => setText(sentence, say(key)));
}

async function run(): Promise<void> {
  phrases.start();
  document.documentElement.classList.toggle("is-view", is_view);
  const place = element("main", { id: "main" });
  let page: Page | null = null;
  const shortcuts = new Shortcuts(
    [
      { key: "f", says: "help.file", run: () => page?.focusFlightForm() },
      { key: "v", says: "help.flights", run: () => page?.focusFlights() },
      { key: "w", says: "help.alerts", run: () => page?.focusAlerts() },
      { key: "q", says: "help.requests", run: () => page?.focusRequests() },
      { key: "s", says: "help.sky", run: () => page?.focusSky() },
      { key: "k", says: "help.acknowledge", run: () => page?.acknowledge() },
      { key: "1", says: "help.alternative_1", run: () => page?.takeAlternative(0) },
      { key: "2", says: "help.alternative_2", run: () => page?.takeAlternative(1) },
      { key: "3", says: "help.alternative_3", run: () => page?.takeAlternative(2) },
      { key: "r", says: "help.replay", run: () => page?.replay() },
      { key: "m", says: "help.map", run: () => page?.focusMap() },
      { key: "l", says: "help.list", run: () => page?.focusList() },
      { key: "n", says: "help.new", run: () => page?.focusForm() },
      { key: "g", says: "help.language", run: () => phrases.speakNext() },
    ],
    [
      { title: "help.rows", keys: FLIGHT_KEYS },
      { title: "help.request_rows", keys: REQUEST_KEYS },
    ],
    () => page?.escape(),
  );
  const banner = new Banner(() => shortcuts.show());
  document.body.append(banner.root, place, shortcuts.dialog);
  session.watchAddress();
  const opening = await session.open(() => showSentence(place, "session.waiting"));
  if (opening === "signed-out") {
    delete place.dataset["sentence"];
    const panel = new SignIn("session.needed", () => location.reload());
    place.replaceChildren(element("div", { class: "sentence" }, panel.root));
    panel.focus();
    return;
  }
  if (location.pathname === BOTH) {
    banner.root.remove();
    place.remove();
    openBoth(opening.session);
    return;
  }
  const { authority } = opening.session;
  banner.showSession(opening.session);
  page = new Page(banner, place, opening.code_refused ? say("session.code_refused", { authority }) : "");
  if (is_view) page.hearStory();
  page.start(opening.session);
}

void run();
