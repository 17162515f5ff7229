// Devices are named, merged and split by those who know them.
import assert from 'node:assert/strict';
import { changed, visit } from '../rig.mjs';

const named = async (v, name) => (await v.daemon.call('devices')).devices.find(d => d.name == name);

visit('devices: renamed by a dialog', changed, {}, async v => {
	await v.open('devices');
	const tv = await named(v, 'LGwebOSTV');
	const row = (await v.list('Devices')).locator('tbody tr', { hasText: 'LGwebOSTV' });
	await row.getByRole('button', { name: 'Edit' }).click();
	const dialog = v.tab.locator('.modal');
	await dialog.getByLabel('Name', { exact: true }).fill('<b>TV & "living room"</b>');
	assert.deepEqual(await v.barriers(undefined, '.modal'), []);
	await dialog.getByRole('button', { name: 'Save' }).click();
	await dialog.waitFor({ state: 'hidden' });
	await (await v.list('Devices')).locator('tbody tr', { hasText: '<b>TV & "living room"</b>' }).waitFor();
	assert.equal((await v.daemon.call('device', { id: tv.id })).device.name, '<b>TV & "living room"</b>');
	assert.equal(await v.tab.locator('#view td b').count(), 0, 'a name is text, never HTML');
});

visit('devices: a dialog is left by keyboard, and changes nothing', changed, {}, async v => {
	await v.open('devices');
	const row = (await v.list('Devices')).locator('tbody tr', { hasText: 'Pixel-8' });
	await row.getByRole('button', { name: 'Edit' }).focus();
	await v.tab.keyboard.press('Enter');
	const dialog = v.tab.locator('.modal');
	await dialog.getByLabel('Name', { exact: true }).fill('Somebody');
	await dialog.getByRole('button', { name: 'Cancel' }).focus();
	await v.tab.keyboard.press('Enter');
	await dialog.waitFor({ state: 'hidden' });
	assert.ok(await named(v, 'Pixel-8'));
	assert.equal(await named(v, 'Somebody'), undefined);
});

visit('devices: merged, split off and undone', changed, {}, async v => {
	const [ phone, printer ] = await Promise.all([ named(v, 'Pixel-8'), named(v, 'HP2F1A3C') ]);
	const mac = d => d.macs[0].mac ?? d.macs[0];
	await v.daemon.write('device_merge', { id: phone.id, with: printer.id });
	await v.open('devices', `#device=${phone.id}&tab=facts`);
	const facts = () => v.text();
	assert.ok((await facts()).includes(mac(printer)), 'both addresses are its own');
	await v.tab.locator('tr', { hasText: mac(printer) }).getByRole('button', { name: 'Split off' }).click();
	await v.settles(async () => (await v.daemon.call('device', { id: phone.id })).device.macs.length, 1, 'split off');
	await v.tab.getByRole('button', { name: 'Undo' }).click();
	await v.settles(async () => (await v.daemon.call('device', { id: phone.id })).device.macs.length, 2, 'undone');
});
