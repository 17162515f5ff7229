// Lists show what the daemon answers, in its order, and can be asked for less.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { still, visit } from '../rig.mjs';

const sum = pair => pair.tx + pair.rx;

// The lists of the pages, by what the daemon answers to their method.
const lists = [
	{ page: 'flows', method: 'flows', label: 'Flows', sort: 'bytes', column: 'Total', value: f => sum(f.bytes) },
	{ page: 'devices', method: 'devices', label: 'Devices', sort: 'bytes', column: 'In all', value: d => sum(d.bytes) },
	{ page: 'hosts', method: 'hosts', label: 'Addresses', sort: 'bytes', column: 'Traffic', value: h => sum(h.bytes) }
];

for (const { page, method, label, sort, column, value } of lists)
	visit(`${page}: amounts are the daemon's`, still, {}, async v => {
		await v.open(page);
		const reply = await v.daemon.call(method, { sort, desc: true, limit: 50 });
		const want = await v.amounts(reply[method].map(value));
		await v.settles(async () => (await v.rows(label)).map(row => row[column]), want);
		assert.ok(new Set(want).size > 3, 'the amounts differ');
	});

visit('hosts: sorted by a heading, and the address keeps it', still, {}, async v => {
	await v.open('hosts');
	const list = await v.list('Addresses');
	const reply = await v.daemon.call('hosts', { sort: 'ip', desc: false, limit: 50 });
	const want = reply.hosts.map(h => h.ip), shown = async () => (await v.rows('Addresses')).map(row => row.Address);

	await list.getByRole('button', { name: 'Address', exact: true }).click();
	await v.settles(shown, want, 'upwards');
	assert.equal(await list.locator('th[aria-sort="ascending"]').innerText(), 'Address ▴');
	await v.tab.reload();
	await v.drawn();
	await v.settles(shown, want, 'after a reload');
	await (await v.list('Addresses')).getByRole('button', { name: 'Address' }).click();
	const down = await v.daemon.call('hosts', { sort: 'ip', desc: true, limit: 50 });
	await v.settles(shown, down.hosts.map(h => h.ip), 'downwards');
});

visit('hosts: page by page', still, {}, async v => {
	await v.open('hosts');
	const list = await v.list('Addresses'), { total, hosts } = await v.daemon.call('hosts', { sort: 'bytes', desc: true, limit: 50, offset: 50 });
	assert.ok(total > 50, 'there are several pages');
	await list.getByRole('button', { name: 'Next' }).click();
	await v.settles(async () => (await v.rows('Addresses')).map(row => row.Address), hosts.map(h => h.ip));
	assert.match(await list.locator('.weir-pager').innerText(), new RegExp(`51 to ${Math.min(100, total)} of ${total}`));
	await v.tab.goBack().catch(() => {});
});

visit('flows: filtered by what is typed, by chips, and again without', still, {}, async v => {
	await v.open('flows');
	const box = v.tab.getByRole('combobox', { name: 'Filter' }), ids = async filter => {
		const reply = await v.daemon.call('flows', { sort: 'bytes', desc: true, limit: 50, ...filter });
		return v.amounts(reply.flows.map(f => sum(f.bytes)));
	};
	const shown = async () => (await v.rows('Flows')).map(row => row.Total);

	await box.fill('app:netflix');
	await box.press('Enter');
	await v.settles(shown, await ids({ app: 'netflix' }), 'netflix');
	await box.fill('proto:tcp');
	await box.press('Enter');
	await v.settles(shown, await ids({ app: 'netflix', proto: 'tcp' }), 'netflix over TCP');
	assert.equal(await v.tab.locator('.weir-chip').count(), 2);
	assert.match(decodeURIComponent(v.tab.url()), /filter=app:netflix proto:tcp/);
	for (let chips = 2; chips > 0; chips--)
		await v.tab.locator('.weir-chip').first().click();
	await v.settles(shown, await ids({}), 'all');
});

visit('flows: suggestions while one types', still, {}, async v => {
	await v.open('flows');
	const box = v.tab.getByRole('combobox', { name: 'Filter' });
	await box.pressSequentially('netfl', { delay: 20 });
	await v.tab.getByRole('option').first().waitFor();
	await box.press('ArrowDown');
	await box.press('Enter');
	await v.tab.locator('.weir-chip').first().waitFor();
	assert.match(decodeURIComponent(v.tab.url()), /filter=(app|category|ip|host|device):\S+$/);
});

visit('devices: columns are chosen, and remembered', still, {}, async v => {
	await v.open('devices');
	const list = await v.list('Devices');
	await list.locator('.weir-picker summary').click();
	await list.getByLabel('Hardware address').check();
	const macs = async () => (await v.rows('Devices')).map(row => row['Hardware address']).filter(mac => mac).length;
	assert.ok(await macs() > 0);
	await v.open('devices');
	assert.ok(await macs() > 0, 'after a reload');
});

visit('devices: CSV of what is shown', still, {}, async v => {
	await v.open('devices');
	const list = await v.list('Devices'), rows = await v.rows('Devices');
	const [ file ] = await Promise.all([ v.tab.waitForEvent('download'), list.getByRole('button', { name: 'CSV' }).click() ]);
	const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
	assert.equal(file.suggestedFilename(), 'weir-devices.csv');
	assert.equal(lines.length, rows.length + 1);
	assert.match(lines[0], /^"Device",/);
	const amount = lines[1].split('","')[lines[0].split('","').indexOf('In all')], { devices } = await v.daemon.call('devices', { sort: 'bytes', desc: true });
	assert.equal(Number(amount), sum(devices[0].bytes), 'the first amount, exact');
});
