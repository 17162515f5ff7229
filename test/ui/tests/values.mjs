// What pages say is what the daemon answers: the evening was read to its end, so
// both stay as they are.
import assert from 'node:assert/strict';
import { still, visit } from '../rig.mjs';

const sum = pair => pair.tx + pair.rx;

// counted waits until the minute in which the evening was read belongs to history.
async function counted(v) {
	const month = { class: 'device', period: 'month' };
	await v.settles(async () => (await v.daemon.call('top', month)).top.length > 3, true, 'the evening is history', 75000);
}

// column reads one column of a list.
const column = (v, label, title) => async () => (await v.rows(label)).map(row => row[title]);

visit('overview: today, its applications and its devices', still, {}, async v => {
	await counted(v);
	await v.open('overview');
	const said = await v.daemon.call('summary');
	const today = v.tab.locator('.weir-card', { hasText: 'Today' }).first();
	await v.settles(async () => (await today.innerText()).match(/[↓↑] [^\n]+/g),
		[ '↓ ' + await v.format('bytes', said.today.rx), '↑ ' + await v.format('bytes', said.today.tx) ]);
	const apps = v.tab.locator('.weir-card', { hasText: 'Applications today' }).locator('li');
	const want = await v.amounts(said.apps.slice(0, 6).map(sum));
	await v.settles(async () => (await apps.allInnerTexts()).map((text, i) => text.includes(want[i]) ? want[i] : text), want);
	assert.ok(want.length == 6 && said.today.rx > 10e6, 'the evening was busy');
	assert.match(await v.text('.weir-say'), new RegExp(`${said.now.devices_online} devices are online`));
});

visit('device: what it is, and what it did', still, {}, async v => {
	const { devices } = await v.daemon.call('devices', { sort: 'bytes', desc: true }), tv = devices[0];
	await v.open('devices', `#device=${tv.id}&tab=facts`);
	assert.equal(await v.text('#view h2'), tv.name);
	const facts = await v.text();
	for (const fact of [ tv.macs[0].mac ?? tv.macs[0], ...tv.ips.map(ip => ip.ip ?? ip), tv.vendor ])
		assert.ok(facts.includes(fact), `${fact} is not among the facts`);
	for (const tab of [ 'now', 'apps', 'peers', 'dns', 'activity', 'flows', 'history' ]) {
		await v.open('devices', `#device=${tv.id}&tab=${tab}`);
		assert.equal(await v.tab.locator('#view .alert-message.danger').count(), 0, tab + ' shows an error');
		assert.deepEqual(await v.overflow(), [], tab);
		v.fine();
	}
	const { apps } = await v.daemon.call('apps', { device: tv.id, sort: 'bytes', desc: true, limit: 50 });
	await v.open('devices', `#device=${tv.id}&tab=apps`);
	await v.settles(column(v, 'Applications', 'Amount'), await v.amounts(apps.map(a => sum(a.bytes))));
});

visit('host: its traffic, and all its tabs', still, {}, async v => {
	const { hosts } = await v.daemon.call('hosts', { sort: 'bytes', desc: true, limit: 1 });
	for (const tab of [ 'traffic', 'packets', 'ports', 'peers', 'icmp', 'apps', 'activity', 'dns', 'http', 'flows', 'talkers' ]) {
		await v.open('hosts', `#ip=${hosts[0].ip}&tab=${tab}`);
		assert.equal(await v.tab.locator('#view .alert-message.danger').count(), 0, tab + ' shows an error');
		v.fine();
	}
	await v.open('hosts', `#ip=${hosts[0].ip}`);
	assert.ok((await v.text()).includes(await v.format('bytes', sum(hosts[0].bytes))));
});

visit('flow: from its row to its page and back', still, {}, async v => {
	const { flows } = await v.daemon.call('flows', { sort: 'bytes', desc: true, limit: 1 }), flow = flows[0];
	await v.open('flows');
	await (await v.list('Flows')).getByRole('link', { name: 'Details' }).first().click();
	await v.tab.waitForURL(/flow=/);
	await v.drawn();
	const text = await v.text();
	for (const fact of [ await v.format('bytes', flow.bytes.tx), await v.format('bytes', flow.bytes.rx), flow.client.ip, flow.server.ip, flow.host, flow.info.ja4 ])
		assert.ok(!fact || text.includes(fact), `${fact} is not on its page`);
	await v.tab.goBack();
	await v.drawn();
	await v.list('Flows');
});

// Lists of history, by what the methods behind them answer.
const lists = [
	{ page: 'applications', label: 'Applications', title: 'Amount', ask: v => v.daemon.call('compare', { class: 'application', period: 'day', limit: 200 }), rows: r => r.compare.map(x => x.value) },
	{ page: 'world', label: /^Countr/, title: 'Amount', ask: v => v.daemon.call('countries', { period: 'day', limit: 200 }), rows: r => r.countries.map(c => sum(c.bytes)) },
	{ page: 'history', label: 'Devices', title: 'Amount', ask: v => v.daemon.call('compare', { class: 'device', period: 'day', limit: 200 }), rows: r => r.compare.map(x => x.value) },
	{ page: 'usage', label: 'Devices', title: 'Amount', ask: v => v.daemon.call('usage', { class: 'device', limit: 50 }), rows: r => r.usage.map(u => u.used ?? sum(u.bytes)) }
];

for (const { page, label, title, ask, rows } of lists)
	visit(`${page}: amounts are those of history`, still, {}, async v => {
		await counted(v);
		await v.open(page);
		const want = await v.amounts(rows(await ask(v)).sort((a, b) => b - a));
		assert.ok(want.length > 2, 'there is something to compare');
		await v.settles(column(v, label, title), want);
	});

visit('dns: names asked for most', still, {}, async v => {
	await v.open('dns');
	const { names } = await v.daemon.call('dns_top', { limit: 50 });
	const want = new Map(names.map(n => [ n.name, String(n.count) ]));
	for (const row of (await v.rows('Name')).slice(0, 20))
		assert.equal(row.Questions, want.get(row.Name), row.Name);
});

visit('network: interfaces', still, {}, async v => {
	await v.open('network');
	const { interfaces } = await v.daemon.call('interfaces');
	const want = await v.amounts(interfaces.map(i => i.bytes));
	await v.settles(column(v, 'Interfaces', 'Amount'), want);
});

visit('status: what was read, and nothing dropped', still, {}, async v => {
	await v.open('status');
	const { sources, version } = await v.daemon.call('status');
	const text = await v.text();
	assert.ok(text.includes(version), 'the version');
	const rows = await v.rows('Sources');
	assert.equal(rows[0].Frames, await v.format('count', sources[0].points[0].frames));
	assert.equal(rows[0].Dropped, '0');
});

visit('settings: the file, which only an editor changes', still, {}, async v => {
	await v.open('settings');
	const { text } = await v.daemon.call('config');
	assert.equal((await v.text('#view pre')).trim(), text.trim());
	assert.equal(await v.tab.locator('.cbi-page-actions button:enabled').count(), 0, 'nothing can be saved');
});
