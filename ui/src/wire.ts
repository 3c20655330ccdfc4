// Made by `python -m mamarr.web.typescript`; a test compares. Do not edit.

/** Accept what the revision asks for; it lapses unless all others accept too and it is confirmed. */
export interface AcceptAnswer {
  answer: "ACCEPT";
  revision: number;
}

/** It is done; nothing of it is in the record. */
export interface Accepted {
  done?: boolean;
}

/** A person has seen an alert. raised_count: which beginning was seen, as the picture gave it. */
export interface Acknowledge {
  raised_count: number;
}

/** A person has seen an alert that another authority told of. number: which word was seen, as the picture gave it. */
export interface AcknowledgeTold {
  number: number;
}

/** A person has seen what another authority says. message: its key. */
export interface Acknowledged {
  message: string;
}

/** What is agreed with other authorities. proposed: here, and in force when all members have it. suspensions: who has what is in force suspended. asked: what waits here for a second person to suspend it or to resume it; null where nothing does. */
export interface Agreed {
  in_force: Edition | null;
  proposed: Edition[];
  suspensions: Suspension[];
  asked: ChangeAsked | null;
}

/** What authorities agree on: one edition, the same at each of them. shares: a GeoJSON FeatureCollection of features of kind share, all of the map's, as `GET /api/airspace` has them. largest: no rule of any kind asks for more. answer_within_s: how long a request may wait for a person; lapse_s: how long an acceptance waits to be confirmed, longer than that. withdrawal_notice_s: how long before that a filer knows that what was confirmed is withdrawn. */
export interface Agreement {
  agreement_id: string;
  edition: number;
  members: Member[];
  shares: unknown;
  between_centres: Minima;
  inside_centre: Minima;
  largest: Minima;
  answer_within_s: number;
  lapse_s: number;
  standard?: StandardCondition[];
  withdrawal_notice_s?: number;
}

/** What an agreement is, once read: to be compared and signed before it is proposed. Nothing was changed. digest: what all members have to have the same. command: a JSON text, what the person signs. */
export interface AgreementRead {
  agreement: Agreement;
  digest: string;
  command: string;
}

/** The flight is airborne; time: when it passed its first point. */
export interface AirborneReport {
  report: "AIRBORNE";
  time: string;
}

/** What a viewer may do with an alert. */
export type AlertAction = "ACKNOWLEDGE";

/** A warning as the viewer may see it, with what was measured when it began. No advice is ever in it. lateral_m: right of the line positive. longitudinal_m: ahead of the plan positive. late_s: later than planned positive. vertical_m: above the block of levels positive. measured_at: time of that report. latitude_deg, longitude_deg, track_id: None where the viewer may not know them. note: what must be told with it. told: how far it came at each authority that was told of it. */
export interface Alert {
  alert_id: string;
  kind: AlertType;
  flight_id: string;
  status: AlertStatus;
  raised_at: string;
  raised_count: number;
  is_escalated: boolean;
  acknowledged_by: string | null;
  acknowledged_party: string | null;
  measured_at: string;
  standing: string;
  is_self_report: boolean;
  is_recorded: boolean;
  lateral_m: number;
  longitudinal_m: number | null;
  late_s: number;
  vertical_m: number | null;
  latitude_deg: number | null;
  longitude_deg: number | null;
  track_id: string | null;
  actions: AlertAction[];
  note?: FeedNote | null;
  told?: Said[];
}

/** Where an alert is in its life. NORMAL: there is none. */
export type AlertStatus = "ACTIVE_ACK" | "ACTIVE_UNACK" | "NORMAL" | "RECTIFIED_UNACK";

/** A warning about a flight of another authority's, which told of it. No measurement is in it. node, object_id, filed_ms, alert: what stands in the address of an acknowledgement. authority: who told. identification: null where this authority may not know it. number: which word of it this is. message: the key of the message that told it; state: how far that is, null where it is kept no more. */
export interface AlertTold {
  node: string;
  object_id: string;
  filed_ms: number;
  alert: AlertType;
  authority: string;
  identification: string | null;
  number: number;
  raised_at: string;
  is_over: boolean;
  is_self_report: boolean;
  is_recorded: boolean;
  message: string;
  state: MessageState | null;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
}

/** The warnings about a flight, by their ASTERIX category 004 names (I004/000). */
export type AlertType = "CLAM" | "RAMHD" | "RAMLD";

/** What is other than asked. */
export type AlternativeKind = "CORRIDOR" | "LATER" | "LEVEL";

/** A plan that could be filed instead. holds: it would be admitted if it were filed next; false: it may be refused in its turn, by those of asked_of, or for what the asker may not know of. asked_of: the authorities that have to accept it too. */
export interface Alternative {
  kind: AlternativeKind;
  plan: Plan;
  holds: boolean;
  asked_of: string[];
}

/** How far it is with one other authority. is_confirmed: what it accepted it protects for good. reason, counter: of the newest plan asked for, where that was not accepted; what was accepted before it stays. said: how far the newest word about it came there; null where it is not sent yet, or was long ago. that was not accepted; what was accepted before it stays. voice: where it answered by telephone. withdrawn_from: when it withdraws what it confirmed, unless the flight is in the air by then. */
export interface AtAuthority {
  authority: string;
  state: CrossingState;
  is_confirmed: boolean;
  reason: Reason | null;
  counter: Counter | null;
  said: Said | null;
  voice: Voice | null;
  withdrawn_from: string | null;
}

/** A party that asked often within the hour for what it gave up again unused, or may not know of. Told to the party of the node, from half of what a party may (`given_up_max` of the terms) on. count: how often since `since`. free_at: when it may ask again; null while it may. */
export interface Attempts {
  party: string;
  count: number;
  count_max: number;
  since: string;
  free_at: string | null;
}

/** How far two nodes are joined, as this one sees it. INVITED: an invitation of ours is open. UNCOMPARED: it said who it is, and no person of ours has compared the words. CONFIRMED: one has. REVOKED: a person of ours ended it. LAPSED: nobody answered in time. */
export type Bond = "CONFIRMED" | "INVITED" | "LAPSED" | "REVOKED" | "UNCOMPARED";

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

/** What stands in the way, as far as the asker may know. region: where it is held, and until when. corridor: of the plan, on which it is met. decided_by: the authorities that decide there. */
export interface Cause {
  kind: Kind;
  id: string | null;
  party: string | null;
  region: Region | null;
  corridor: string | null;
  decided_by: string[];
}

/** What a member does to the agreement. */
export type Change = "RESUME" | "SUSPEND";

/** What waits for a second person, until when. mine: whether the asker proposed it. */
export interface ChangeAsked {
  change: Change;
  reason: string;
  asked_at: string;
  until: string;
  mine: boolean;
}

/** All within radius_m of a place. */
export interface Circle {
  latitude_deg: number;
  longitude_deg: number;
  radius_m: number;
}

/** What this authority is said to have answered by telephone to a revision. spoken_by: which of its persons; read_back: what was read back. until: when it can be signed no more. is_open: whether a person is to sign it or dispute it. reason: why it was disputed. */
export interface Claim {
  revision: number;
  answer: Reply;
  spoken_at: string;
  spoken_by: string | null;
  read_back: string | null;
  counter: Counter | null;
  until: string;
  state: ClaimState;
  is_open: boolean;
  reason: Reason | null;
}

/** What became of a claim. LAPSED: nobody signed it, nor disputed it. */
export type ClaimState = "COUNTERSIGNED" | "DISPUTED" | "LAPSED" | "OPEN";

/** A piece of sky that is closed for drones: a constraint, as the DSS has it and its USS tells it. */
export interface ClosedPiece {
  constraint_id: string;
  version: number;
  regions: Region[];
}

/** The single-use code from the link that the node printed. */
export interface Code {
  code: string;
}

/** How it is with a flight in the air. */
export type Condition = "COMM_LOST" | "DEVIATING" | "EMERGENCY" | "NORMAL" | "OVERDUE";

/** The flight cannot keep to its plan, or can again (NORMAL). */
export interface ConditionReport {
  report: "CONDITION";
  condition: Condition;
  position?: Position | null;
  has_surveillance?: boolean;
}

/** How far a flight or a reservation is with other authorities. phase: ASKING until all accepted, CONFIRMING until all confirmed. revision: the newest that was asked for. said_as: what it is called to others. until: when this node gives up asking. is_by_voice: all have confirmed but those that accepted by telephone, whose nodes may protect nothing: it is not COORDINATED. is_given_up: not all confirmed it, nobody is asked any more, and nothing is held for it. plan_asked: of a flight, what is asked for while another plan is in force. */
export interface Coordination {
  phase: CommitmentPhase;
  revision: number;
  said_as: string;
  until: string | null;
  is_by_voice: boolean;
  is_given_up: boolean;
  plan_asked: Plan | null;
  authorities: AtAuthority[];
}

/** Say what would be accepted instead: later, at another level, or both. Nothing is accepted by it. */
export interface CounterAnswer {
  answer: "COUNTER";
  revision: number;
  later_s?: number;
  level?: string | null;
}

/** What an authority would accept instead: so much later, at this level, or both. */
export interface Counter {
  later_s: number;
  level: string | null;
}

/** Sign that this authority gave the answer by telephone. What it accepted is confirmed by that. */
export interface CountersignAnswer {
  answer: "COUNTERSIGN";
  revision: number;
}

/** A flight or a reservation of another authority's centre, as this authority knows it. node, kind, object_id, filed_ms: what stands in the address of an answer. crossing_id: what is signed with an answer. asker: whose node it is. party, plan: null where this authority may not know them. revision: the newest asked for. is_waiting: whether a person is to answer; asked_at, answer_by and unmet are of that. lapses_at: of an acceptance not confirmed yet. is_held: whether sky is held for it. parts: of what is asked for while it waits, else of what is held. message: the key of the message that this row is of; message_state: how far that is. Both null where it is kept no more. returned_by: who returned it after this node's record was restored; it is then our own. claim: what is said to have been answered by telephone; an open one is signed or disputed, not answered. withdrawn_from: when this authority withdraws what it confirmed; its sky is held until it is given back. withdrawable: the revision that it can withdraw now; null where there is none. */
export interface Crossing {
  crossing_id: string;
  asker: string;
  node: string;
  kind: Kind;
  object_id: string;
  filed_ms: number;
  party: string | null;
  plan: Plan | null;
  state: CrossingState;
  revision: number;
  is_waiting: boolean;
  is_held: boolean;
  asked_at: string | null;
  answer_by: string | null;
  lapses_at: string | null;
  returned_by: string[];
  is_airborne: boolean;
  condition: Condition;
  parts: Part[];
  unmet: UnmetCondition[];
  message: string | null;
  message_state: MessageState | null;
  claim: Claim | null;
  withdrawn_from: string | null;
  withdrawable: number | null;
}

/** How far the coordination of one crossing is. Names: AIRM, CodeCivilMilitaryCrossingStatusType. */
export type CrossingState = "ACCEPTED" | "CANCELLED" | "COUNTERED" | "NOTIFIED" | "NO_CROSSING" | "REJECTED" | "REQUESTED" | "REVISED" | "REVISED_COUNTERED";

/** What other authorities ask of this one, what is to be answered first at the front; then what it holds for them. is_cut: there is more than is told. */
export interface Crossings {
  at: string;
  crossings: Crossing[];
  is_cut: boolean;
}

/** What an altitude of a volume is measured from. WGS84: the ellipsoid. STD: the pressure surface of 1013.25 hPa; a flight level is 100 ft above it. */
export type Datum = "STD" | "WGS84";

/** What became of one feature of a file. reason: why it was refused, None when it is declared. limit: which limit is reached, where that is why. */
export interface Declared {
  kind: "area" | "constraint" | "corridor" | "party" | "share";
  id: string;
  reason: Reason | null;
  because: string[];
  limit?: string | null;
}

/** The story. current: number of the step that is being told, None before the first. is_paused: no step begins by itself. */
export interface Demo {
  current: number | null;
  steps: DemoStep[];
  is_paused?: boolean;
}

/** The other node: whose it is, the port of its page on this machine, a code that signs in there once. */
export interface DemoNeighbour {
  party: string;
  port: number;
  code: string;
}

/** How far it is with the other authority. Of a flight: it waits for a person there, or all have confirmed it. Of an alert: as of its message. */
export type DemoProgress = "COORDINATED" | "PRESENTED" | "RECEIVED" | "REQUESTED" | "SENT";

/** What was signed. */
export type DemoSaid = "ANSWER" | "REQUEST";

/** What a node signed to another, as the other's record has it, where the signature was checked again. node: who signed. key_id: of its key, hex. sequence: place in its stream to the other. record: whose record has it, and entry: where. */
export interface DemoSigned {
  said: DemoSaid;
  node: string;
  key_id: string;
  sequence: number;
  record: string;
  entry: number;
}

/** What a step shows, in this order. */
export type DemoStepKey = "ASKED" | "AT_ONCE" | "FLIPPED_BYTE" | "JOINED" | "LEFT_CORRIDOR" | "REFUSED" | "YOUR_TURN";

/** One step, counted from 1, and what came of it; what a step does not have is None. is_shown: the page said that it shows it. view: the party in whose view there is something to see now, None where it is in both. flight_id: of the flight it is about, at the first node; crossing_id: the same at the other node. digest: of the agreement in force. progress: how far what is asked for, or the alert, is there. signed: who signed what for it. receipt: of what was admitted. refusal: why it was not, with alternatives, at the node of `view`; taken: which kind of these was filed and admitted. alert_id: of the alert it ended in. finding: what `mamarr audit` found in the copy with a flipped byte; finding_entry: where. speed_ratio: how many times as fast as it was a recording is played. */
export interface DemoStep {
  number: number;
  key: DemoStepKey;
  state: DemoStepState;
  is_shown?: boolean;
  began_at?: string | null;
  view?: string | null;
  flight_id?: string | null;
  crossing_id?: string | null;
  digest?: string | null;
  progress?: DemoProgress | null;
  signed?: DemoSigned[];
  receipt?: string | null;
  refusal?: Problem | null;
  taken?: AlternativeKind | null;
  alert_id?: string | null;
  finding?: string | null;
  finding_entry?: number | null;
  speed_ratio?: number | null;
}

/** How far a step is. */
export type DemoStepState = "DONE" | "FAILED" | "RUNNING" | "WAITING";

/** How much may be known; each includes those before it. */
export type Disclosed = "CONTACT" | "EXISTENCE" | "IDENTITY" | "NOTHING" | "VOLUME";

/** How much the viewer may know of the owner's flights and reservations. */
export interface Disclosure {
  flights: Disclosed;
  reservations: Disclosed;
}

/** What is decided on one owner and one viewer. in_force: None: the defaults hold. proposed: waits for a second person. mine: whether the asker proposed it, and so cannot approve it. */
export interface DisclosurePair {
  owner: string;
  viewer: string;
  in_force: Disclosure | null;
  proposed: Disclosure | null;
  mine: boolean;
}

/** The rules of disclosure, and what holds where there is none. */
export interface Disclosures {
  defaults: Disclosure;
  pairs: DisclosurePair[];
}

/** Say that this authority did not give the answer: NOT_SAID at all, or SAID_OTHERWISE. */
export interface DisputeAnswer {
  answer: "DISPUTE";
  revision: number;
  reason: "NOT_SAID" | "SAID_OTHERWISE";
}

/** What was asked is decided and durable. receipt: base64 of the leaf hash of the entry that proves it. */
export interface Done {
  receipt: string;
}

/** How far an operator is with what is closed in its way. NOT_TOLD: nothing of its was in the way. TOLD: a notification is due to its USS. TAKEN: its USS took it. ADVISED: its USS says that its user was told of it. ENDED, MOVED: its flight is over, or leads elsewhere or at another time, by what DSS and USS say: acknowledged. */
export type DroneAnswer = "ADVISED" | "ENDED" | "MOVED" | "NOT_TOLD" | "TAKEN" | "TOLD";

/** The chapter, as `DemoMessage`, and its sky. */
export interface DroneDemo {
  current: number | null;
  steps: DroneStep[];
  sky: DroneSky;
  is_paused?: boolean;
}

/** An operational intent, as the DSS has it and its USS tells it. is_in_way: it meets what is closed. */
export interface DroneIntent {
  intent_id: string;
  state: IntentState;
  version: number;
  is_in_way: boolean;
  regions: Region[];
}

/** An operator of drones, counted from 1, and its USS. is_heard: its USS answered when it was last asked; else what is said here was so before. intents: those of its USS. unknown_count: of those that the DSS has of its USS, and nobody says what they are. told_at, taken_at: by the record of the authority's USS, of its first notification, and when its USS had all. advised_at: by its own USS. answered_at: when no intent of its was in the way any more, as it was seen. */
export interface DroneOperator {
  number: number;
  manager: string;
  is_heard: boolean;
  answer: DroneAnswer;
  intents: DroneIntent[];
  unknown_count?: number;
  told_at?: string | null;
  taken_at?: string | null;
  advised_at?: string | null;
  answered_at?: string | null;
}

/** What drones plan and what is closed for them, as DSS and USSs said. heard_at: when the DSS last answered, None: never. is_heard: it did when it was last asked; else nothing is known of now. unknown_count: closed pieces that the DSS has and nobody says what they are. */
export interface DroneSky {
  heard_at: string | null;
  is_heard: boolean;
  closed: ClosedPiece[];
  operators: DroneOperator[];
  unknown_count?: number;
}

/** What a step of the chapter shows, in this order. */
export type DroneStepKey = "DRONES_PLANNED" | "HELICOPTER_FILED" | "HELICOPTER_FLIES" | "OPERATORS_TOLD" | "SKY_CLOSED" | "SKY_OPENED";

/** One step of the chapter, counted from 1, and what came of it; what a step does not have is None. is_shown: the page said that it shows it. flight_id: of the helicopter's flight. receipt: of its admission. pieces_count: of sky that is closed for drones, at the DSS. acknowledged_count: of the operators, those that took what they were told and cleared the way; told_count: those that had to. is_clear: whether no intent of a drone meets what is closed. speed_ratio: how many times as fast as it was the recording is played. ended_after_s: how long after the flight's end the DSS closed nothing any more. */
export interface DroneStep {
  number: number;
  key: DroneStepKey;
  state: DemoStepState;
  is_shown?: boolean;
  began_at?: string | null;
  flight_id?: string | null;
  receipt?: string | null;
  pieces_count?: number | null;
  acknowledged_count?: number | null;
  told_count?: number | null;
  is_clear?: boolean | null;
  speed_ratio?: number | null;
  ended_after_s?: number | null;
}

/** What is known of drones where a flight is planned. NONE_KNOWN: all was heard, and nothing is planned there. PLANNED: something is. UNKNOWN: of a part of the way or of the time it was not heard. */
export type DronesThere = "NONE_KNOWN" | "PLANNED" | "UNKNOWN";

/** An edition and its digest. ready: the members that have it, as far as this node was told. */
export interface Edition {
  agreement: Agreement;
  digest: string;
  ready: string[];
}

/** The flight has landed or left. */
export interface EndedReport {
  report: "ENDED";
}

/** What became of an enrolment. act_id: what a second person must approve; None: the key counts. */
export interface Enrolled {
  key_id: string;
  act_id?: string | null;
}

/** What a claim, or its dispute, rests on. */
export type Evidence = "ADDRESS" | "CALLSIGN" | "INDEPENDENT" | "OTHER_ADDRESS" | "OTHER_CALLSIGN" | "OTHER_FLIGHT" | "OTHER_TRACK";

/** Whether a source of reports speaks. tracks_count: of those the viewer may see; None: nobody knows. age_s: since it last spoke, None when it never did. is_recorded: what it says did not happen now. note: what must be told with all that it says. */
export interface Feed {
  feed_id: string;
  state: FeedState;
  age_s: number | null;
  tracks_count: number | null;
  is_recorded: boolean;
  note?: FeedNote | null;
}

/** What must be told with all that a feed says; `phrases` has the sentences. */
export type FeedNote = "DEMO_HELICOPTER" | "DEMO_RECORDING";

/** Whether a feed speaks. */
export type FeedState = "LATE" | "LIVE" | "NEVER_HEARD" | "SILENT" | "UNKNOWN";

/** What is wrong at one place of the request, and what would be right. code: never changes with the language. what, allowed: in the asker's language; ids, numbers, names of fields and of JSON's types stay as they are. */
export interface FieldError {
  at: string;
  what: string;
  allowed?: string;
  code?: string;
}

/** File a flight. is_provisional: the acceptance lapses unless confirmed. party: whose flight it is, where the node's own party files for another. */
export interface File {
  plan: Plan;
  is_provisional?: boolean;
  party?: string | null;
}

/** The flight is admitted or notified, or other authorities are asked for it. stage: of the flight, with the plan in force where there is one. lapses_at: until when a provisional one is to be confirmed. asked_of: the authorities that are asked; until all have confirmed it is not in force. drones: what is known of them where it leads; null where this node does not look at what they plan. */
export interface Filed {
  receipt: string;
  stage: Stage;
  shares: string[];
  lapses_at: string | null;
  touching: Touching[];
  asked_of: string[];
  drones: DronesThere | null;
}

/** A flight as the viewer may see it. coordination: null where no other authority was asked or told. drones: what was known of them when its plan was asked for; null where nobody looked. Those that came since are in touched_by. */
export interface Flight {
  flight_id: string;
  party: string;
  mine: boolean;
  centre: string;
  plan: Plan;
  stage: Stage;
  lapses_at: string | null;
  is_airborne: boolean;
  passed: number | null;
  condition: Condition;
  is_overdue: boolean;
  shares: string[];
  touching: Touching[];
  touched_by: TouchedBy[];
  actions: FlightsAction[];
  coordination: Coordination | null;
  drones: DronesThere | null;
}

/** How far from the leader the others of a formation may be. */
export interface Formation {
  lateral_m?: number;
  vertical_m?: number;
}

/** What became of a file of airspace, feature by feature, in the order in which they were declared. */
export interface Imported {
  declared_count: number;
  features: Declared[];
}

/** Say that sky is not free: a stranger, an area that was moved. */
export interface Impose {
  kind: ImposedKind;
  regions: Region[];
  note?: string | null;
}

/** Why the sky is not free. */
export type ImposedKind = "MOVED_AREA" | "OTHER" | "STRANGER";

/** Why sky is not free without anybody's having asked for it. */
export type Imposition = "COMM_LOST" | "DEVIATING" | "DRONES" | "DUE_REGARD" | "EMERGENCY" | "MOVED_AREA" | "OTHER" | "OVERDUE" | "OVERRUN" | "STRANGER";

/** Where the flight stands, in the words of F3548-21. Ended is not one: it is deleted then. */
export type IntentState = "Accepted" | "Activated" | "Contingent" | "Nonconforming";

/** One key of the asker's. */
export interface Key {
  key_id: string;
  algorithm: "ES256" | "Ed25519";
  added_at: string;
  withdrawn_at?: string | null;
}

/** What occupies the sky. */
export type Kind = "CONSTRAINT" | "DRONES" | "FLIGHT" | "IMPOSED" | "RESERVATION";

/** The line to the node of another authority. stopped: why nothing goes over it any more. heard_at: when anything it signed came last. contact: whom to call. */
export interface Line {
  node: string;
  party: string;
  state: LineState;
  stopped: Stopped | null;
  heard_at: string | null;
  contact: string | null;
}

/** How the line to another authority is. NONE: there is no channel to its node. STOPPED: nothing is sent or taken in any more. RETURNING: our record was restored, and it has not said all yet that it has of ours. SILENT: nothing of it was heard for a while, or ever. UP: it was heard just now. */
export type LineState = "NONE" | "RETURNING" | "SILENT" | "STOPPED" | "UP";

/** How far the other node's clock is ahead of ours, and within how much of it the truth is. */
export interface LinkClock {
  ahead_ms: number;
  error_ms: number;
}

/** The line to one other node. party: null before it said whose it is. connected: whether a connection stands now. fault: why there is none, in English, of the last attempt. heard_for_ms: since anything signed came. confirmed_for_ms: since an envelope of ours was sent that the other says it heard. clock: null before it was measured. stopped: why nothing is taken in any more; stopped_there: the same of ours at the other. counted: what came and was not taken in, by why. unread_there: the latest version of envelopes that the other reads, where it could not read one; null: it read all. */
export interface Link {
  node: string;
  party: string | null;
  bond: Bond;
  connected: boolean;
  fault: string;
  heard_for_ms: number | null;
  confirmed_for_ms: number | null;
  streams: LinkStream[];
  clock: LinkClock | null;
  stopped: Stopped | null;
  stopped_there: boolean;
  counted: object;
  unread_there: number | null;
}

/** One stream. waiting_count: of ours, not recorded there. missing_count: of theirs, not come though later ones did. */
export interface LinkStream {
  stream: Stream;
  waiting_count: number;
  missing_count: number;
}

/** The lines of this node. listening: where others may dial it; empty: nowhere. turned_away: connections that were not let in, by why. */
export interface Links {
  links: Link[];
  listening: string;
  turned_away: object;
}

/** An authority that agrees, and the id of its node. contact: whom to call; not part of what is agreed. */
export interface Member {
  party: string;
  node: string;
  contact?: string | null;
}

/** What became of a message, as far as this node knows. SENT: the peer has not said that it recorded it. RECEIVED: it is recorded where it was sent to. EXPIRED: it was recorded after its validity, and nobody acts on it. FAILED: who took it in does not know its kind. PRESENTED: what it says was in view, where it was sent to, for a second in a page that had the focus. ACKNOWLEDGED: a person there pressed that it was seen. */
export type MessageState = "ACKNOWLEDGED" | "EXPIRED" | "FAILED" | "PRESENTED" | "RECEIVED" | "SENT";

/** How near two flights may come: nearer in all three at once is a conflict. */
export interface Minima {
  lateral_m: number;
  vertical_m: number;
  time_s: number;
}

/** Which world a log speaks of. One log has one mode; the modes never mix. */
export type Mode = "EXERCISE" | "LIVE" | "REPLAY";

/** A circle of sky that moves along geodesics, at constant speed from point to point. Altitudes or levels as of a region. */
export interface Movement {
  points: MovementPoint[];
  radius_m: number;
  altitude_lower_m?: number | null;
  altitude_upper_m?: number | null;
  level_lower?: string | null;
  level_upper?: string | null;
}

/** A place and when the middle of the movement is there. */
export interface MovementPoint {
  latitude_deg: number;
  longitude_deg: number;
  time: string;
}

/** How exactly an aircraft keeps its line; the number is the accuracy in nautical miles. */
export type NavigationSpecification = "RNAV_1" | "RNAV_10" | "RNAV_2" | "RNAV_5" | "RNP_0_3" | "RNP_1" | "RNP_2" | "RNP_4";

/** Something of another party, or sky that nobody asked for, as far as the viewer may know. regions: none where the viewer may know only that there is something of this kind; it then stands once for all of them. contact: whom to ask; of a flight the centre that serves it. why: of imposed sky, else None. */
export interface Other {
  kind: Kind;
  id: string | null;
  party: string | null;
  regions: Region[];
  contact?: string | null;
  why?: Imposition | null;
  note?: string | null;
}

/** What others returned after this node's record was restored is over, or has been filed again. */
export interface OverAnswer {
  answer: "OVER";
}

/** A part of the sky that is asked for or held. leg: of the plan. is_ours: the line leads through a share of this authority; else it only comes near to one, or another authority decides there. */
export interface Part {
  region: Region;
  leg: number;
  is_ours: boolean;
}

/** The flight passed a point of its route, counted from 0. */
export interface PassingReport {
  report: "PASSING";
  point: number;
  time: string;
}

/** What the browser needs for a WebAuthn ceremony. exclude: credentials the person has already. algorithms: COSE numbers, best first. User verification is required in both ceremonies. */
export interface PasskeyAsked {
  challenge: string;
  relying_party: string;
  user_handle?: string | null;
  user_name?: string | null;
  display_name?: string | null;
  exclude?: string[];
  algorithms?: number[];
  timeout_ms: number;
}

/** The browser's answer to a registration. */
export interface PasskeyMade {
  credential_id: string;
  client_json: string;
  attestation: string;
}

/** The browser's answer to a sign-in. */
export interface PasskeyUsed {
  credential_id: string;
  client_json: string;
  authenticator: string;
  signature: string;
  user_handle?: string | null;
}

/** Change one's own password. 12 to 128 characters, no other rule but that it must not hold the name. */
export interface PasswordChange {
  old: string;
  new: string;
}

/** All within half_width_m of the line along the points. */
export interface Path {
  points: Point[];
  half_width_m: number;
}

/** An act that waits for a second person of the same party. command: a JSON text, what is to be signed. */
export interface Pending {
  act_id: string;
  asked_by: string;
  mine: boolean;
  asked_at: string;
  until: string;
  command: string;
}

/** Enrol a public key. proof: a signature by the new key over the act `enrol-key`, to show who has it. public_key: Ed25519 32 bytes; ES256 65 bytes, an uncompressed point. */
export interface PersonKey {
  algorithm: "ES256" | "Ed25519";
  public_key: string;
  proof: string;
}

/** The asker's keys, and what waits for a second person of the asker's party. */
export interface PersonKeys {
  person: string;
  keys: Key[];
  pending: Pending[];
}

/** The sky as the viewer may see it. is_cut: more is held or seen than was sent. imposed: what is not free without anybody's having asked for it, the viewer's own too. airspace_revision: another number when what is declared may be other than before: ask for it again. attempts: who asked often in vain; crossings: what other authorities ask, what is to be answered first at the front, and what is held for them; lines: to other authorities' nodes; alerts_told: what they warn of; suspensions: who has the agreement with them suspended; for the party of the node only. live: whether somebody watches. When DOWN, the tracks are the last ones known, with their age; that there are none means nothing then. */
export interface Picture {
  mode: Mode;
  node_id: string;
  authority: string;
  at: string;
  party: string;
  read_only: boolean;
  is_cut: boolean;
  reservations: Reservation[];
  flights: Flight[];
  others: Other[];
  imposed: Other[];
  airspace_revision: number;
  live: Watching;
  tracks: Track[];
  alerts: Alert[];
  feeds: Feed[];
  attempts: Attempts[];
  crossings: Crossing[];
  lines: Line[];
  alerts_told: AlertTold[];
  suspensions: Suspension[];
}

/** A flight plan. qnh_hpa: what levels A and M are flown on. */
export interface Plan {
  identification: string;
  aircraft_type: string;
  route: RoutePoint[];
  aircraft_count?: number;
  formation?: Formation | null;
  traffic?: Traffic;
  has_rvsm?: boolean;
  handling?: SpecialHandling[];
  navigation_specification?: NavigationSpecification;
  serving_centre?: string | null;
  is_due_regard?: boolean;
  joins?: string | null;
  splits_from?: string | null;
  qnh_hpa?: number | null;
  icao_address?: string | null;
}

/** A place. */
export interface Point {
  latitude_deg: number;
  longitude_deg: number;
}

/** Where an aircraft was last known. */
export interface Position {
  latitude_deg: number;
  longitude_deg: number;
  level: string;
  qnh_hpa?: number | null;
}

/** Rows that were in view for a second, in a page that had the focus. messages: their keys. */
export interface Presented {
  messages: string[];
}

/** A problem detail. reason: a code that never changes with the language. because: ids it rests on. limit: which limit is reached, as `limit_name` says. free_at: when the same may be asked again, where the clock decides that. alternatives: plans that could be filed instead, and whether they hold. causes: what stands in the way. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  reason: string;
  because?: string[];
  limit?: string | null;
  free_at?: string | null;
  alternatives?: Alternative[];
  causes?: Cause[];
  errors?: FieldError[];
}

/** Why the answer is no. A code, never a text: `phrases` says it in four languages. */
export type Reason = "AGREED" | "AGREEMENT_SUSPENDED" | "BAD_GEOMETRY" | "BUSY" | "CLOCK_UNSURE" | "COMMAND_ID_REUSED" | "CONFLICT" | "CORRIDOR_CLOSED" | "DECLINED" | "DETAILS_UNKNOWN" | "DRONES_PLANNED" | "ID_TAKEN" | "IN_USE" | "KEY_INCOMPLETE" | "LEVEL_OUTSIDE" | "LIMIT_REACHED" | "NAVIGATION_SPECIFICATION" | "NOTICE_UNFIT" | "NOT_AVAILABLE" | "NOT_COVERED" | "NOT_ON_CORRIDOR" | "NOT_SAID" | "NOT_THERE" | "NOT_YET" | "NOT_YOURS" | "NO_ANSWER" | "OTHER_AGREEMENT" | "OTHER_AUTHORITY" | "OTHER_VERSION" | "PERSON_NEEDED" | "READ_ONLY" | "RECOVERING" | "SAID_OTHERWISE" | "SECOND_PERSON_NEEDED" | "SUBSCRIPTION_NEEDED" | "SUFFIX_UNFIT" | "TIMES_UNFIT" | "TIME_IMPLAUSIBLE" | "TIME_PAST" | "TOO_FAR_AHEAD" | "UNALLOTTED" | "UNAVAILABLE" | "UNKNOWN_CENTRE" | "UNKNOWN_CORRIDOR" | "UNKNOWN_FORMATION" | "UNKNOWN_PARTY" | "UNKNOWN_SUBSCRIPTION" | "UNREACHABLE" | "VOLUME_HELD" | "WRONG_DIRECTION" | "WRONG_STATUS";

/** A part of the sky: exactly one of polygon (corners, closed by itself), circle and path. margin_m: all within it of a polygon belongs to it too, 0 to 1,000 km. Between two altitudes above the WGS-84 ellipsoid, or two levels as filed (F330 or S1130); the upper one does not belong to it, save where both are the same level. */
export interface Region {
  polygon?: Point[] | null;
  circle?: Circle | null;
  path?: Path | null;
  margin_m?: number | null;
  altitude_lower_m?: number | null;
  altitude_upper_m?: number | null;
  level_lower?: string | null;
  level_upper?: string | null;
  time_start: string;
  time_end: string;
}

/** Decline what the revision asks for; what was accepted before it stays. */
export interface RejectAnswer {
  answer: "REJECT";
  revision: number;
}

/** What an authority says to a filer about one revision. COUNTERSIGNED, DISPUTED: of what its person is said to have answered by telephone; the first is as binding as CONFIRMED. */
export type Reply = "ACCEPTED" | "CONFIRMED" | "COUNTERED" | "COUNTERSIGNED" | "DISPUTED" | "NOT_HELD" | "REJECTED";

/** A reservation as the viewer may see it: a box, regions, or a movement. What a movement passes over follows from it and is not repeated as regions. phase: where the plan stands; what is IN_QUEUE holds nothing yet. lapses_at: of an earmark, when it is over unless accepted. touching: what it came too near to when it overran, as far as the viewer may know it by name. coordination: null where no other authority was asked or told, or where that is not the viewer's to know. */
export interface Reservation {
  reservation_id: string;
  holder: string;
  mine: boolean;
  volume: Box | null;
  contact?: string | null;
  status: Status;
  is_overrun: boolean;
  actions: ReservationsAction[];
  regions: Region[];
  movement: Movement | null;
  user_keeps_clear: boolean;
  phase: ReservationsPhase;
  lapses_at: string | null;
  touching: Touching[];
  touched_by: TouchedBy[];
  coordination: Coordination | null;
}

/** Ask for sky: exactly one of volume (a box), regions and movement. contact: whom to ask about it; shown to your own party only, erasable. user_keeps_clear: its user promises to keep the whole minimum from its edge, so that others may come up to the edge; silence is no promise. waits: queue when the sky is not free. provisional: earmark the sky only; ACCEPT it before it lapses. */
export interface Reserve {
  volume?: Box | null;
  contact?: string | null;
  regions?: Region[] | null;
  movement?: Movement | null;
  user_keeps_clear?: boolean;
  waits?: boolean;
  provisional?: boolean;
}

/** The sky is reserved, earmarked or waited for, or other authorities are asked for it. receipt: as of what is done. asked_of: who is asked; until all have confirmed, it is earmarked at most. */
export interface Reserved {
  receipt: string;
  asked_of: string[];
}

/** Ask for another plan in place of the one in force. */
export interface Revise {
  plan: Plan;
}

/** A point of a route. time: when the flight is over it. level: as filed (F330, A045, S1130, M0840); level_upper: of a block. stay_s, stay_radius_m: how long it holds there, and within what distance. corridor: on which the leg to the next point runs. */
export interface RoutePoint {
  latitude_deg: number;
  longitude_deg: number;
  time: string;
  level: string;
  level_upper?: string | null;
  stay_s?: number;
  stay_radius_m?: number;
  corridor?: string | null;
  designator?: string | null;
}

/** How far what was said to another authority came there. at: since when it waits, of what is SENT; when it was PRESENTED or ACKNOWLEDGED, by the clock there. */
export interface Said {
  authority: string;
  state: MessageState;
  at: string | null;
}

/** Who is signed in, and where. has_account: whether the person has an account, and so may have keys. */
export interface Session {
  person: string;
  has_account: boolean;
  party: string;
  authority: string;
  node_id: string;
  mode: Mode;
}

/** What came of one row. receipt: of the entry that says so; reason: why it is not PRESENTED. */
export interface Sight {
  message: string;
  receipt: string | null;
  reason: Reason | null;
}

/** What came of each row, in the order asked. */
export interface Sights {
  messages: Sight[];
}

/** Sign in with an account's name and password. */
export interface SignIn {
  name: string;
  password: string;
}

/** Reasons for special handling by ATS: STS of item 18 of a flight plan (ICAO Doc 4444, appendix 2). */
export type SpecialHandling = "ALTRV" | "FFR" | "HEAD" | "HOSP" | "HUM" | "MARSA" | "MEDEVAC" | "NONRVSM" | "SAR" | "STATE";

/** How far its coordination is. PROVISIONAL: accepted, lapses unless confirmed. COORDINATED: accepted and confirmed. NOTIFIED: nobody decided on it: it flies where nobody decides, or with due regard. */
export type Stage = "COORDINATED" | "NOTIFIED" | "PROVISIONAL";

/** What an authority accepts at once, by machine, when nothing is in the way. level_lower, level_upper: it keeps within them, both included; flight levels or metric levels. notice_s: how long before its first volume begins it is asked for. corridors: a flight is on these alone; none: wherever it is. kinds: of flights, of reservations, or of both. */
export interface StandardCondition {
  condition_id: string;
  authority: string;
  level_lower: string;
  level_upper: string;
  notice_s?: number;
  corridors?: string[];
  kinds?: ("FLIGHT" | "RESERVATION")[];
}

/** How well a claim stands. */
export type Standing = "CLAIMED" | "CORROBORATED" | "DISPUTED" | "NONE";

/** What is so now in a reserved volume. */
export type Status = "ACTIVE" | "AVBL_FOR_ACTIVATION" | "INACTIVE" | "IN_USE" | "PENDING";

/** Report or announce the real-time status of an own reservation, or accept what is earmarked. */
export interface StatusReport {
  action: "ACCEPT" | "ACTIVATE" | "DEACTIVATE" | "PEND" | "REPORT_IN_USE" | "REPORT_NOT_IN_USE";
}

/** Why nothing is sent or taken in any more. TWO_HISTORIES: the peer signed two that contradict each other. SET_BACK: the peer recorded more of ours than we know to have sent: ours was set back, or two have our key. CLOSED: a person of ours closed it. */
export type Stopped = "CLOSED" | "SET_BACK" | "TWO_HISTORIES";

/** Three streams of messages, each with an order of its own; the first is never behind the others. */
export type Stream = "BULK" | "COORDINATION" | "SAFETY_FLOOR";

/** What two persons do to the agreement. reason: why, as all its members are told; no names of persons. */
export interface SuspensionChange {
  change: Change;
  reason: string;
}

/** A member that has the agreement suspended. since: when that was in force here; decided_at: by its own clock. message: the key of the message that said so, message_state: how far that is; null of our own, and where it is kept no more. */
export interface Suspension {
  party: string;
  since: string;
  decided_at: string;
  reason: string;
  message: string | null;
  message_state: MessageState | null;
}

/** The numbers that admission rests on; later flights are decided on them. All of them, always: one that could be left out would be set back by who does not know of it. provisional_volume_time_max_s: time of sky, summed over the volumes of a party's provisional acceptances. renewal_wait_s: how long after a lapse a flight may not be asked for again provisionally. given_up_max: how often a party may ask within an hour for what it gives up again unused. horizon_s: how far ahead one may file. */
export interface Terms {
  between_centres: Minima;
  inside_centre: Minima;
  departure_before_s: number;
  departure_after_s: number;
  estimate_before_s: number;
  estimate_after_s: number;
  provisional_lapse_s: number;
  provisional_max: number;
  provisional_volume_time_max_s: number;
  renewal_wait_s: number;
  horizon_s: number;
  flights_max: number;
  overdue_max: number;
  given_up_max: number;
}

/** Something that comes too near to a flight or reservation and was not admitted there. It is told whatever the rule of disclosure; id and party where the viewer may know them. kind: None where the viewer may not know that it exists. why: of imposed sky, else None. */
export interface TouchedBy {
  kind: Kind | null;
  why: Imposition | null;
  id: string | null;
  party: string | null;
}

/** What a flight or an overrun reservation that nobody could refuse comes too near to. */
export interface Touching {
  kind: string;
  id: string;
}

/** A track as the viewer may see it: what a source said last, never a prediction. track_id: opaque. label: the identification of the flight that it is; None unless standing is CLAIMED or CORROBORATED. altitude_m: above altitude_datum (STD: pressure altitude, 1013.25 hPa). age_s: of the position. history_deg: earlier places, oldest first, each latitude and longitude. icao_address, callsign: what the aircraft says of itself, shown to the node's own party only; no identification. */
export interface Track {
  track_id: string;
  label: string | null;
  flight_id: string | null;
  standing: Standing;
  evidence: Evidence[];
  source: string;
  is_recorded: boolean;
  is_self_report: boolean;
  is_implausible: boolean;
  latitude_deg: number;
  longitude_deg: number;
  altitude_m: number | null;
  altitude_datum: Datum | null;
  ground_speed_mps: number | null;
  track_deg: number | null;
  vertical_rate_mps: number | null;
  age_s: number;
  history_deg: number[][];
  icao_address: string | null;
  callsign: string | null;
}

/** By which rules it flies: general (GAT) or operational (OAT) air traffic. */
export type Traffic = "GAT" | "OAT";

/** What of a standard condition does not hold for what is asked. */
export type Unmet = "CORRIDOR" | "LEVELS" | "NOTICE";

/** A standard condition of this authority by which it was not accepted, and what of it does not hold. */
export interface UnmetCondition {
  condition_id: string;
  why: Unmet[];
}

/** What another authority answered by telephone to what it is asked for: nobody signed that. revision: the newest, as the picture has it. spoken_at: when it was said. spoken_by: who said it, there. entered_by: who heard it, here. read_back: what was read back of it. later_s, level: of COUNTERED alone. */
export interface VoiceAnswer {
  authority: string;
  revision: number;
  answer: "ACCEPTED" | "COUNTERED" | "REJECTED";
  spoken_at: string;
  spoken_by: string;
  entered_by: string;
  read_back: string;
  later_s?: number;
  level?: string | null;
}

/** An answer that was given by telephone. state: UNSIGNED until the authority's own node says the same, or that it is DISPUTED. spoken_by, entered_by, read_back: null where they were erased, or are not for you. */
export interface Voice {
  state: VoiceState;
  spoken_at: string;
  spoken_by: string | null;
  entered_by: string | null;
  read_back: string | null;
}

/** What became of an answer by telephone. SIGNED: the authority's own node says the same. */
export type VoiceState = "DISPUTED" | "SIGNED" | "UNSIGNED";

/** Whether the process that watches does. */
export type Watching = "DOWN" | "RUNNING";

/** How a person may sign in here. provider: what people call the OpenID provider, if there is one. */
export interface Ways {
  password: boolean;
  passkey: boolean;
  provider?: string | null;
}

/** Withdraw what was confirmed of a flight. revision: which; from_time: until when it counts. */
export interface Withdrawal {
  revision: number;
  from_time: string;
}

/** How far the filer is with the revision it asks for. */
export type CommitmentPhase = "ASKING" | "CONFIRMING" | "IDLE";

/** What the holder may be offered to do. */
export type ReservationsAction = "ACCEPT" | "ACTIVATE" | "DEACTIVATE" | "PEND" | "RELEASE" | "REPORT_IN_USE" | "REPORT_NOT_IN_USE";

/** Where the plan stands. */
export type ReservationsPhase = "ALLOCATED" | "EARMARKED" | "IN_QUEUE";

/** What whoever speaks for a flight may be offered to do. */
export type FlightsAction = "CONFIRM" | "REPORT_AIRBORNE" | "REPORT_CONDITION" | "REPORT_ENDED" | "REPORT_PASSING" | "REVISE" | "WITHDRAW";
