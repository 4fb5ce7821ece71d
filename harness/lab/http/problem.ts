import type { LabProblem } from '#model/lab.ts';
import type { OperatorError } from '#std/errors.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An error as `application/problem+json` has it (RFC 9457); `code` is stable. */
export function problem(status: number, code: string, detail: string, hint?: string): LabProblem {
  return {
    type: `urn:driftlab:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(hint === undefined ? {} : { hint }),
  };
}

const STATUS: Readonly<Record<string, number>> = {
  'fault-under-way': 409,
  'fault-healed': 409,
  'node-down': 409,
  'fault-impossible': 409,
  'lab-not-ready': 503,
  'too-many-readers': 503,
  'unknown-mode': 404,
  'unknown-step': 404,
  'unknown-fault': 404,
};

/** An error meant for the person who asked: 400 unless its code says more. */
export function problemOf(error: OperatorError): LabProblem {
  const { code, message, expected, found, hint } = error;
  const told = [
    message,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(found === undefined ? [] : [`found: ${found}`]),
  ];
  return problem(STATUS[code] ?? 400, code, told.join('; '), hint);
}
