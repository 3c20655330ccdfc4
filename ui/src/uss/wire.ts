// Made by `python -m mamarr.web.typescript uss`; a test compares. Do not edit.

/** What the user of a flight is told. */
export type AdvisoryKind = "GIVEN_UP" | "LEFT" | "LOST" | "MEETS" | "NOT_RETURNED" | "RETURNED";

/** What the user of a flight was told. kind: MEETS, it meets the intents and constraints of `others`; LEFT, GIVEN_UP, RETURNED: this USS itself said that it is Nonconforming, Contingent, Activated again; NOT_RETURNED: it is back, but `others` are there; LOST: no positions come. */
export interface Advisory {
  id: string;
  flight_id: string;
  kind: AdvisoryKind;
  observed_at: Time;
  others: string[];
}

/** An altitude above the WGS-84 ellipsoid. */
export interface Altitude {
  value: number;
  reference: "W84";
  units: "M";
}

/** What was asked for and is not sure yet: the DSS has it or not. details: none of an end. */
export interface Asked {
  state: "Accepted" | "Activated" | "Contingent" | "Nonconforming" | "Ended";
  details?: Details | null;
}

/** A circle on the Earth's surface. */
export interface Circle {
  center: Point;
  radius: Radius;
}

/** What is closed for drones. type: what for. geozone: of ED-269, in the words of F3548-21. */
export interface ConstraintDetails {
  volumes: Volume4D[];
  type?: string | null;
  geozone?: unknown;
}

/** A constraint with its details. */
export interface Constraint {
  reference: ConstraintReference;
  details: ConstraintDetails;
}

/** What a USS answers of one of its constraints. */
export interface ConstraintOfUss {
  constraint: Constraint;
}

/** The reference of a constraint, as a DSS or its USS has it. */
export interface ConstraintReference {
  id: string;
  manager: string;
  uss_availability: string;
  version: number;
  time_start: Time;
  time_end: Time;
  uss_base_url: string;
  ovn?: string | null;
}

/** What an operational intent asks of the sky. */
export interface Details {
  volumes?: Volume4D[] | null;
  off_nominal_volumes?: Volume4D[] | null;
  priority?: number | null;
}

/** It is ended, here and at the DSS. */
export interface Ended {
  ended?: "True";
}

/** It would fit now; nothing is held. meets: who must give way, or may be met, and constraints. */
export interface Fits {
  fits: "True";
  meets: string[];
}

/** A flight as it stands. state, version, details: as the DSS has it; null while it is not there. waits_for: what was asked for and is not sure yet, or null. advisories: the newest of this flight, the newest first. keeping: how it keeps to where it is meant to be. position: the last one that came since this USS began, or null. */
export interface Flight {
  id: string;
  state: "Accepted" | "Activated" | "Contingent" | "Nonconforming" | null;
  version: number | null;
  details: Details | null;
  waits_for: Asked | null;
  advisories: Advisory[];
  keeping: Keeping;
  position: LastPosition | null;
}

/** One flight. */
export interface FlightRead {
  flight: Flight;
}

/** Where the flight stands, in the words of F3548-21. Ended is not one: it is deleted then. */
export type IntentState = "Accepted" | "Activated" | "Contingent" | "Nonconforming";

/** How a flight keeps to where it is meant to be, as far as is known. */
export type Keeping = "INSIDE" | "LOST" | "NOT_FLOWN" | "NO_POSITIONS" | "OUTSIDE";

/** The last position of an aircraft. age_s: how old it is when it is answered, by our clock. */
export interface LastPosition {
  telemetry: Telemetry;
  age_s: number;
}

/** Which world a log speaks of. One log has one mode; the modes never mix. */
export type Mode = "EXERCISE" | "LIVE" | "REPLAY";

/** What another USS said last of one of its constraints. age_s: since that was so. */
export interface OthersConstraint {
  id: string;
  manager: string;
  kind: string;
  volumes: Volume4D[];
  age_s: number;
}

/** What another USS said last of one of its flights. age_s: since that was so. */
export interface OthersFlight {
  id: string;
  manager: string;
  state: IntentState;
  priority: number;
  volumes: Volume4D[];
  age_s: number;
}

/** A constraint of ours. details: as the DSS has it; null while it is not there. waits_for: what was asked for and is not sure yet, or null. */
export interface OwnConstraint {
  id: string;
  version: number | null;
  details: ConstraintDetails | null;
  waits_for: "Closed" | "Ended" | null;
}

/** A point of the Earth's surface, WGS-84 degrees. */
export interface Point {
  lat: number;
  lng: number;
}

/** A polygon on the Earth's surface; its edges are the shortest ways between its vertices. */
export interface Polygon {
  vertices: Point[];
}

/** Where an aircraft was. Accuracies: needed where it is extrapolated. */
export interface Position {
  longitude: number;
  latitude: number;
  altitude: Altitude;
  accuracy_h?: "HA005NM" | "HA01NM" | "HA03NM" | "HA05NM" | "HA10NM" | "HA10NMPlus" | "HA10m" | "HA1NM" | "HA1m" | "HA2NM" | "HA30m" | "HA3m" | "HA4NM" | "HAUnknown" | null;
  accuracy_v?: "VA10m" | "VA150m" | "VA150mPlus" | "VA1m" | "VA25m" | "VA3m" | "VA45m" | "VAUnknown" | null;
  extrapolated?: boolean | null;
}

/** Plan a flight, or change it: all of it, as it is to be. state: the one wanted. details: `volumes` where it is meant to be; `off_nominal_volumes` where it may be, in the states Nonconforming and Contingent alone. version: of the flight as its user saw it, 0 where there was none; another one is refused then. */
export interface PutFlight {
  state: IntentState;
  details: Details;
  version?: number | null;
}

/** The radius of a circle. */
export interface Radius {
  value: number;
  units: "M";
}

/** Where an aircraft was at an instant, and how it moved. */
export interface Telemetry {
  time_measured: Time;
  position: Position;
  velocity?: Velocity | null;
}

/** An instant. */
export interface Time {
  value: string;
  format: "RFC3339";
}

/** All that the page shows. may_plan, may_close: whether the person may. asks_for_constraints: whether this USS asks others for their constraints. flights: those that fly and begin soonest first; the counts are of all there are. others, others_constraints: those heard of last, first. advisories: the newest first. */
export interface UssPicture {
  at: string;
  mode: Mode;
  node_id: string;
  party: string;
  read_only: boolean;
  may_plan: boolean;
  may_close: boolean;
  asks_for_constraints: boolean;
  flights: Flight[];
  flights_count: number;
  others: OthersFlight[];
  others_count: number;
  constraints: OwnConstraint[];
  constraints_count: number;
  others_constraints: OthersConstraint[];
  others_constraints_count: number;
  advisories: Advisory[];
}

/** How it moved over the ground. track: from true north; 360 where nobody knows. */
export interface Velocity {
  speed: number;
  units_speed: "MetersPerSecond";
  track?: number | null;
}

/** An outline, of which there must be one, between two altitudes. */
export interface Volume3D {
  outline_circle?: Circle | null;
  outline_polygon?: Polygon | null;
  altitude_lower?: Altitude | null;
  altitude_upper?: Altitude | null;
}

/** A volume and its time. */
export interface Volume4D {
  volume: Volume3D;
  time_start?: Time | null;
  time_end?: Time | null;
}
