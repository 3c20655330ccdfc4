// How an authority is told apart on the map: a colour, a pattern of line and a letter. Any one of them is enough.
import type { Declared } from "./declared";

// Neither red nor yellow: those are kept for danger and warning. Told apart with every common deficiency of
// colour vision by lightness and hue together (after Okabe and Ito's set), and by pattern and letter without.
const COLOURS = ["#56b4e9", "#e59ad0", "#2fc49a", "#d9c7a8"] as const;
export const PATTERNS: readonly (readonly number[])[] = [[1], [6, 1.5], [5, 1.5, 1, 1.5], [1, 1.2]];
export const UNALLOTTED_COLOUR = "#8a99a6";
export const UNALLOTTED_PATTERN = PATTERNS.length; // one more, for where nobody decides

export interface Look {
  colour: string;
  pattern: number;
  letter: string;
}

/** The authorities that the shares name, in order, each with its look. */
export function looks(declared: Declared): Map<string, Look> {
  const names = [...new Set(declared.shares.map(({ authority }) => authority))].sort();
  const short = names.map((name) => (name.split("-").at(-1) ?? name).slice(0, 1).toUpperCase());
  const is_clear = new Set(short).size === names.length;
  return new Map(
    names.map((name, index) => [
      name,
      {
        colour: COLOURS[index % COLOURS.length] ?? COLOURS[0],
        pattern: index % PATTERNS.length,
        letter: is_clear ? (short[index] ?? name) : name.slice(0, 6).toUpperCase(),
      },
    ]),
  );
}

export const UNALLOTTED: Look = { colour: UNALLOTTED_COLOUR, pattern: UNALLOTTED_PATTERN, letter: "–" };
