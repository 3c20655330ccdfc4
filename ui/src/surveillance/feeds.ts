// Feeds: whether each source of reports still speaks. A silent one looks silent, and no number stands for it.
import { onLanguage, say, spoken } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import { durationText } from "../web/moments";
import type { Feed, Watching } from "../wire";

const LONG_AGE_S = 120;

export class FeedList {
  readonly root = element("section", { class: "feeds", id: "feeds", "aria-labelledby": "feeds-title" });
  /** Said at the top of the page while nobody watches. */
  readonly down = element("p", { class: "no-data", id: "live-down", role: "alert", hidden: true });
  private readonly rows = element("ul", { class: "rows" });
  private readonly empty = element("p", { class: "empty" });
  private feeds: readonly Feed[] = [];
  private drawn = "";

  constructor() {
    this.root.append(spoken(element("h2", { id: "feeds-title" }), "feeds.title"), this.rows, this.empty);
    onLanguage(() => {
      setText(this.down, this.down.hidden ? "" : say("feeds.down"));
      this.draw(true);
    });
  }

  show(feeds: readonly Feed[], live: Watching): void {
    this.feeds = feeds;
    const is_down = live === "DOWN";
    if (this.down.hidden === is_down) this.down.hidden = !is_down;
    setText(this.down, is_down ? say("feeds.down") : "");
    this.draw();
  }

  private draw(again = false): void {
    const state = JSON.stringify(this.feeds);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    setText(this.empty, this.feeds.length === 0 ? say("feeds.none") : "");
    this.empty.hidden = this.feeds.length > 0;
    this.rows.replaceChildren(...this.feeds.map(row));
  }
}

function row(feed: Feed): HTMLElement {
  const shape = element("span", { class: "status-shape", "aria-hidden": "true" });
  const state = element("span", { class: "tag status feed-state", "data-state": feed.state }, shape, element("span", {}, say(`feed.${feed.state}`)));
  const head = element("div", { class: "row-head" }, literal(feed.feed_id, "feed-id"), state);
  if (feed.is_recorded) head.append(element("span", { class: "tag" }, say("track.recorded")));
  const age_s = feed.age_s === null ? null : Math.round(feed.age_s);
  const age = age_s === null ? "" : say("feeds.age", { age: age_s < LONG_AGE_S ? say("unit.s", { value: age_s }) : durationText(age_s) });
  const count = feed.tracks_count === null ? say("feeds.unknown_count") : say("feeds.count", { count: feed.tracks_count });
  const note = feed.note == null ? [] : [element("p", { class: "row-line note" }, say(`feed_note.${feed.note}`))];
  return element("li", { class: "row", "data-feed": feed.feed_id, "data-state": feed.state }, head, element("p", { class: "row-line" }, [age, count].filter(Boolean).join(" · ")), ...note);
}
