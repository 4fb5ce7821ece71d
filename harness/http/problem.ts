import type { Problem } from '#contracts/problem.ts';
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
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** An error as `application/problem+json` has it (RFC 9457); `code` is stable. */
export function problem(status: number, code: string, detail: string, hint?: string): Problem {
  return {
    type: `urn:driftlab:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** An error meant for the person who asked. */
export function problemOf(error: OperatorError, status: number): Problem {
  const { code, message, expected, found, hint } = error;
  const told = [
    message,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(found === undefined ? [] : [`found: ${found}`]),
  ];
  return problem(status, code, told.join('; '), hint);
}
