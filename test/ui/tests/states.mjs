// What pages do when there is nothing, when the daemon is gone, and for those who
// may only look.
import assert from 'node:assert/strict';
import { pages } from '../browser.mjs';
import { nothing, own, replay, still, visit } from '../rig.mjs';

visit('nothing seen yet: every page says so', nothing, {}, async v => {
	for (const name of pages) {
		await v.open(name);
		assert.equal(await v.tab.locator('#view .alert-message.danger').count(), 0, name + ' shows an error');
		assert.doesNotMatch(await v.text(), /NaN|undefined|null|Infinity|\[object/, name);
		assert.deepEqual(await v.overflow(), [], name);
		v.fine();
	}
});

const writes = 'action positive negative apply save reset'.split(' ').map(kind => `#view .cbi-button-${kind}:enabled, .modal .cbi-button-${kind}:enabled`).join(', ');

visit('who may only look: no button that changes anything', still, {}, async v => {
	// The menu tells who may: LuCI's server marks each page.
	await v.tab.addInitScript(() => {
		let real;
		Object.defineProperty(window, 'L', { get: () => real, set: l => {
			real = l;
			l.env.nodespec = { ...l.env.nodespec, readonly: true };
		} });
	});
	const { devices } = await v.daemon.call('devices');
	for (const [ name, hash ] of [ ...pages.map(name => [ name, '' ]), [ 'devices', `#device=${devices[0].id}` ], [ 'devices', `#device=${devices[0].id}&tab=facts` ] ]) {
		await v.open(name, hash);
		assert.deepEqual(await v.tab.locator(writes).allInnerTexts(), [], name + hash);
	}
});

visit('live: pause stops what is asked, and the picture', replay, {}, async v => {
	await v.open('devices');
	const dot = v.tab.locator('.weir-live');
	await v.settles(() => dot.getAttribute('data-state'), 'live');
	await dot.click();
	await v.settles(() => dot.getAttribute('data-state'), 'paused');
	v.calls = [];
	const before = await v.text('.weir-list');
	await v.tab.waitForTimeout(6000);
	assert.deepEqual(v.calls, [], 'asked while it pauses');
	assert.equal(await v.text('.weir-list'), before);
	await dot.click();
	await v.settles(() => v.calls.length > 0, true, 'goes on');
});

visit('live: a hidden tab asks nothing', replay, {}, async v => {
	await v.open('hosts');
	const hide = hidden => v.tab.evaluate(hidden => {
		Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
		document.dispatchEvent(new Event('visibilitychange'));
	}, hidden);
	await hide(true);
	await v.tab.waitForTimeout(500);
	v.calls = [];
	await v.tab.waitForTimeout(6000);
	assert.deepEqual(v.calls, []);
	await hide(false);
	await v.settles(() => v.calls.length > 0, true, 'asks again when it is seen');
});

visit('live: the overview moves each second by one subscription', replay, {}, async v => {
	let streams = 0;
	await v.open('usage');
	v.tab.on('request', request => streams += request.url().includes('/ubus/subscribe/weir'));
	await v.open('overview');
	const now = () => v.tab.locator('.weir-card', { hasText: 'Now' }).first().innerText();
	const seen = new Set();
	v.calls = [];
	for (let i = 0; i < 25; i++) {
		seen.add(await now());
		await v.tab.waitForTimeout(200);
	}
	assert.ok(seen.size >= 3, `${seen.size} pictures in 5 s`);
	assert.equal(streams, 1);
	assert.ok(v.calls.length <= 1, `${v.calls.length} requests beside the stream`);
});

visit('stopped and started: the page says so and comes back', () => own('stopped', 'evening', '--pace', '10x', '--loop'), {}, async v => {
	try {
		await v.open('devices');
		const dot = v.tab.locator('.weir-live');
		await v.daemon.stop();
		await v.settles(() => dot.getAttribute('data-state'), 'reconnecting', 'after it stopped', 15000);
		await v.daemon.run();
		await v.settles(() => dot.getAttribute('data-state'), 'live', 'after it was started', 40000);
		await v.list('Devices');
		v.faults = v.faults.filter(fault => !fault.includes('ERR_CONNECTION_REFUSED') && !fault.includes('ERR_EMPTY_RESPONSE') && !fault.includes('ERR_CONNECTION_RESET'));
	}
	finally {
		await v.daemon.stop();
	}
});
