// The words of the chapter about drones: what a step tells, and how far an operator is.
import { say, type Key } from "../phrases/phrases";
import type { DemoStep, DroneOperator, DroneStep } from "../wire";

const KEYS: ReadonlySet<string> = new Set(["DRONES_PLANNED", "HELICOPTER_FILED", "SKY_CLOSED", "OPERATORS_TOLD", "HELICOPTER_FLIES", "SKY_OPENED"]);

export function isDroneStep(step: DemoStep | DroneStep): step is DroneStep {
  return KEYS.has(step.key);
}

export function droneSentence(step: DroneStep): string {
  const { key, pieces_count, acknowledged_count, told_count, is_clear, speed_ratio, ended_after_s } = step;
  const said = [say(`demo.${key}`)];
  const is_told = acknowledged_count != null && told_count != null;
  if (key === "SKY_CLOSED" && pieces_count != null) said.push(say("demo.pieces", { count: pieces_count }));
  if (key === "OPERATORS_TOLD" && is_told) said.push(say("demo.acknowledged", { count: acknowledged_count, told: told_count }));
  if (speed_ratio != null) said.push(say("demo.speed", { speed: `${speed_ratio}×` }));
  if (is_clear != null) said.push(say(is_clear ? "demo.clear" : "demo.not_clear"));
  if (ended_after_s != null) said.push(say("demo.opened", { seconds: ended_after_s }));
  return said.join(" ");
}

/** How far an operator is, in words: acknowledged is who cleared the way, and nobody else. */
export function answerText({ answer }: DroneOperator): string {
  return say(`drones.answer_${answer}` as Key);
}

export function operatorName({ number }: DroneOperator): string {
  return say("drones.operator", { number });
}
