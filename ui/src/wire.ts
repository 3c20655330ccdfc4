// Made by `python -m mamarr.web.typescript`; a test compares. Do not edit.

/** What the holder may be offered to do. */
export type Action = "ACTIVATE" | "DEACTIVATE" | "PEND" | "RELEASE" | "REPORT_IN_USE" | "REPORT_NOT_IN_USE";

/** A box of sky. West greater than east crosses the antimeridian; altitudes above the WGS-84 ellipsoid. */
export interface Box {
  latitude_south_deg: number;
  latitude_north_deg: number;
  longitude_west_deg: number;
  longitude_east_deg: number;
  altitude_lower_m: number;
  altitude_upper_m: number;
  time_start: string;
  time_end: string;
}

/** The single-use code from the link that the node printed. */
export interface Code {
  code: string;
}

/** What was asked is decided and durable. receipt: base64 of the leaf hash of the entry that proves it. */
export interface Done {
  receipt: string;
}

/** What is wrong at one place of the request, and what would be right. */
export interface FieldError {
  at: string;
  what: string;
  allowed?: string;
}

/** Which world a log speaks of. One log has one mode; the modes never mix. */
export type Mode = "EXERCISE" | "LIVE" | "REPLAY";

/** The sky as the viewer may see it. is_cut: more is held than was sent. */
export interface Picture {
  mode: Mode;
  node_id: string;
  authority: string;
  at: string;
  party: string;
  read_only: boolean;
  is_cut: boolean;
  reservations: Reservation[];
}

/** A problem detail. reason: a code that never changes with the language. because: ids it rests on. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  reason: string;
  because?: string[];
  errors?: FieldError[];
}

/** A held box as the viewer may see it. */
export interface Reservation {
  reservation_id: string;
  holder: string;
  mine: boolean;
  volume: Box;
  contact?: string | null;
  status: Status;
  is_overrun: boolean;
  actions: Action[];
}

/** Ask for a box of sky. contact: whom to ask about it; shown to your own party only, erasable. */
export interface Reserve {
  volume: Box;
  contact?: string | null;
}

/** Who is signed in, and where. */
export interface Session {
  party: string;
  authority: string;
  node_id: string;
  mode: Mode;
}

/** What is so now in a reserved volume. */
export type Status = "ACTIVE" | "AVBL_FOR_ACTIVATION" | "INACTIVE" | "IN_USE" | "PENDING";

/** Report or announce the real-time status of an own reservation. */
export interface StatusReport {
  action: "ACTIVATE" | "DEACTIVATE" | "PEND" | "REPORT_IN_USE" | "REPORT_NOT_IN_USE";
}
