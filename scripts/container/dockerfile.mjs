// The Dockerfile as steps that can be done without Docker. It knows what ours says, and refuses the rest.

/**
 * @typedef {{ readonly kind: 'run', readonly command: string }} RunStep
 * @typedef {{ readonly kind: 'copy', readonly from: string | undefined, readonly sources: string[], readonly to: string }} CopyStep
 * @typedef {object} Stage
 * @property {string} base the image that it starts from
 * @property {string | undefined} name
 * @property {((RunStep | CopyStep) & { readonly folder: string, readonly environment: Record<string, string> })[]} steps
 * @property {string} folder that it starts its program in
 * @property {Record<string, string>} environment of its program
 * @property {string} user
 * @property {string[]} volumes
 * @property {string[]} entrypoint
 * @property {string[]} command
 * @property {string[]} healthCommand
 */

/**
 * @param {string} text of a Dockerfile
 * @returns {Stage[]}
 */
export function readDockerfile(text) {
  /** @type {Stage[]} */
  const stages = [];
  /** @type {Record<string, string>} */
  let builtWith = {};
  for (const line of instructionsIn(text)) {
    const [, instruction = '', rest = ''] = /^(\S+)\s+(.*)$/s.exec(line) ?? [];
    if (instruction === 'FROM') {
      const [, base = '', name] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push({ ...emptyStage(), base, name });
      builtWith = {};
      continue;
    }
    const stage = stages.at(-1);
    if (!stage) throw new Error(`${instruction} comes before FROM`);
    /** @param {RunStep | CopyStep} step */
    const add = (step) =>
      stage.steps.push({ ...step, folder: stage.folder, environment: { ...builtWith, ...stage.environment } });
    const filledIn = rest.replace(/\$\{(\w+)\}/g, (_, name) => builtWith[name] ?? stage.environment[name] ?? '');
    switch (instruction) {
      case 'RUN':
        add({ kind: 'run', command: rest });
        break;
      case 'COPY': {
        const [, from, paths = ''] = /^(?:--from=(\S+) )?([^-].*)$/.exec(filledIn) ?? [];
        const words = paths.split(/\s+/);
        add({ kind: 'copy', from, sources: words.slice(0, -1), to: words.at(-1) ?? '' });
        break;
      }
      case 'WORKDIR':
        stage.folder = rest;
        break;
      case 'ARG':
        Object.assign(builtWith, assignmentsIn(rest));
        break;
      case 'ENV':
        Object.assign(stage.environment, assignmentsIn(rest));
        break;
      case 'USER':
        stage.user = rest;
        break;
      case 'VOLUME':
        stage.volumes = JSON.parse(rest);
        break;
      case 'ENTRYPOINT':
        stage.entrypoint = JSON.parse(rest);
        break;
      case 'CMD':
        stage.command = JSON.parse(rest);
        break;
      case 'HEALTHCHECK':
        stage.healthCommand = JSON.parse(rest.replace(/^.*? CMD /, ''));
        break;
      case 'EXPOSE':
      case 'STOPSIGNAL':
        break;
      default:
        throw new Error(`The Dockerfile says ${instruction}, which is not known here.`);
    }
  }
  return stages;
}

/** @returns {Stage} */
function emptyStage() {
  const lists = { steps: [], volumes: [], entrypoint: [], command: [], healthCommand: [] };
  return { base: '', name: undefined, folder: '/', environment: {}, user: '0:0', ...lists };
}

/**
 * Its logical lines, without comments.
 * @param {string} text
 */
function instructionsIn(text) {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** @param {string} text such as `A=1 B="2 3"` */
function assignmentsIn(text) {
  const found = text.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g);
  return Object.fromEntries([...found].map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']));
}

/**
 * What a .dockerignore lets through, where it forbids everything first.
 * @param {string} text
 */
export function allowedBy(text) {
  const [first, ...others] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*' || others.some((line) => !line.startsWith('!'))) {
    throw new Error('.dockerignore is expected to say `*` and then what is let through.');
  }
  return others.map((line) => line.slice(1));
}
