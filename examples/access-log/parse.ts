/** What a line tells of a request. */
export type Request = Readonly<{ host: string; hour: string; path: string; status: string; agent: string }>;

/** A request, or what could be read of one. */
export type Parsed =
  Readonly<{ wellFormed: true; request: Request }> | Readonly<{ wellFormed: false; request: Partial<Request> }>;

// host ident user [day/month/year:hour:minute:second zone] "request" status bytes
const START = /^(\S+) \S+ .+? \[\d+\/\w+\/\d+:(\d\d):\d\d:\d\d [-+]\d{4}\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-)(?= |$)/;
// "referer" "user agent", and whatever a server was told to add
const END = /^ "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"(?= |$)/;

/** Reads a line of the combined log format. A line that breaks off still gives what stands before the break. */
export const parse = (line: string): Parsed => {
  const start = START.exec(line);
  if (start === null) return { wellFormed: false, request: {} };
  const [whole, host = '', hour = '', request = '', status = ''] = start;
  const known = { host, hour, path: pathOf(request), status };
  const agent = END.exec(line.slice(whole.length))?.[1];
  return agent === undefined ? { wellFormed: false, request: known } : { wellFormed: true, request: { ...known, agent } };
};

/** `GET /blog?page=2 HTTP/1.1` asks for `/blog`; what is no such request stands for itself. */
const pathOf = (request: string): string => {
  const [, target = request] = request.split(' ');
  return target.replace(/[?#].*/, '');
};
