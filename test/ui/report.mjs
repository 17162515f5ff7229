// A reporter of node:test that writes a line of JSON for each test, and one for
// each figure that a test tells.
export default async function* report(events) {
	for await (const { type, data } of events) {
		if (type == 'test:diagnostic' && data.nesting == 0 && !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message))
			yield JSON.stringify({ note: data.message }) + '\n';
		if (type != 'test:pass' && type != 'test:fail' || /does not match pattern/.test(data.skip))
			continue;
		const error = data.details.error;
		yield JSON.stringify({
			name: data.name,
			ms: Math.round(data.details.duration_ms),
			skip: data.skip === undefined ? undefined : String(data.skip),
			error: error && String(error.cause?.stack ?? error.stack ?? error)
		}) + '\n';
	}
}
