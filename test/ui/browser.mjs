// The browser in which pages are tried, and what it sees go wrong on them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';

export const pages = [ 'overview', 'flows', 'devices', 'hosts', 'applications', 'world', 'dns', 'history', 'usage', 'network', 'status', 'settings' ];
export const wide = { width: 1280, height: 900 }, phone = { width: 375, height: 812 };

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
	// Root has no sandbox to go into, as in a container.
	return chromium.launch({ executablePath: process.env.WEIR_CHROMIUM, args: process.getuid() == 0 ? [ '--no-sandbox' ] : [] });
}

// Visitor is somebody who has logged in to a daemon's pages, with one tab.
export class Visitor {
	static async to(browser, daemon, options = {}) {
		const v = new Visitor();
		v.daemon = daemon;
		v.context = await browser.newContext({ viewport: wide, locale: 'en-US', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce', ...options });
		v.tab = await v.context.newPage();
		v.tab.setDefaultTimeout(10000);
		v.faults = [];
		v.calls = [];
		v.opened = 0;
		v.watch();
		await daemon.login(v.tab);
		v.faults.length = 0;
		return v;
	}

	// watch notes everything that must not happen, and what the daemon is asked by the
	// page that is open, request by request: that of the login still asks, too.
	watch() {
		this.tab.on('console', message => {
			if ([ 'error', 'warning' ].includes(message.type()))
				this.faults.push(`console: ${message.text()} (${message.location().url})`);
		});
		this.tab.on('pageerror', error => this.faults.push('error: ' + (error.stack || error)));
		this.tab.on('request', request => {
			const url = new URL(request.url());
			if (url.protocol.startsWith('http') && url.origin != new URL(this.daemon.url).origin)
				this.faults.push('asks another host: ' + url);
			if (request.method() == 'POST' && url.pathname.includes('/ubus') && request.headers().referer?.endsWith('?' + this.opened))
				this.note([ request.postDataJSON() ].flat().filter(call => call.params?.[1] == 'weir').map(call => call.params[2]));
		});
	}

	// note keeps the methods that a request calls.
	note(methods) {
		if (methods.length)
			this.calls.push(methods);
	}

	// open shows a page anew and waits until it is drawn.
	async open(name, hash = '') {
		this.calls = [];
		await this.tab.goto(`${this.daemon.page(name)}?${++this.opened}${hash}`); // another address than before, whatever the hash
		await this.drawn();
	}

	// drawn waits until nothing on the page stands for what is still to come.
	async drawn() {
		await this.tab.waitForFunction(() => {
			const view = document.querySelector('#view');
			return view?.firstElementChild && !view.querySelector('.spinning, .weir-skeleton, [aria-busy="true"]');
		});
	}

	text(selector = '#view') { return this.tab.locator(selector).first().innerText(); }

	// list returns the list that is called so; it waits until it has rows.
	async list(label) {
		const list = this.tab.locator('.weir-list', { has: this.tab.locator('caption', { hasText: label }) }).first();
		await list.locator('tbody td[data-title]').first().waitFor();
		return list;
	}

	// rows returns what a list shows, row by row, each by the titles of its columns.
	async rows(label) {
		const list = await this.list(label);
		return list.locator('tbody tr').evaluateAll(rows => rows.map(row => Object.fromEntries(
			[ ...row.querySelectorAll('td[data-title]') ].map(cell => [ cell.dataset.title, cell.textContent.trim() ]))));
	}

	// settles waits until what read returns is what is wanted.
	async settles(read, want, what, patience = 5000) {
		let got;
		for (const end = Date.now() + patience; Date.now() < end; await this.tab.waitForTimeout(50)) {
			got = await read();
			if (isDeepStrictEqual(got, want))
				return;
		}
		assert.deepEqual(got, want, what);
	}

	// format writes a number as the pages do.
	format(name, value) {
		return this.tab.evaluate(([ name, value ]) => L.require('weir.format').then(format => format[name](value)), [ name, value ]);
	}

	amounts(list) { return Promise.all(list.map(n => this.format('bytes', n))); }

	// fine fails when something went wrong since the last time.
	fine() {
		const faults = this.faults;
		this.faults = [];
		assert.deepEqual(faults, []);
	}

	// overflow returns what is wider than the window, by which the page scrolls sideways.
	overflow() {
		return this.tab.evaluate(() => {
			const width = document.documentElement.clientWidth;
			if (document.documentElement.scrollWidth <= width)
				return [];
			return [ ...document.querySelectorAll('body *') ]
				.filter(node => node.getBoundingClientRect().right > width + 1)
				.map(node => `${node.tagName.toLowerCase()}.${node.getAttribute('class') ?? ''} ends at ${Math.round(node.getBoundingClientRect().right)}`)
				.slice(0, 8);
		});
	}

	// barriers returns what axe finds in the page's view, the frame around it left out:
	// that is LuCI's. Rules are names of axe's, all of WCAG 2.1 A and AA without.
	async barriers(rules, where = '#view') {
		await this.tab.mouse.move(0, 0); // nothing is pointed at
		await this.tab.evaluate(axe); // past the page's policy, as a debugger may
		const found = await this.tab.evaluate(([ where, rules ]) => window.axe.run(where, {
			resultTypes: [ 'violations' ],
			runOnly: rules ?? [ 'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa' ]
		}).then(result => result.violations.map(v => [ v.id, v.nodes.length, v.nodes.slice(0, 3).map(n => `${n.target.join(' ')}: ${n.any[0]?.message ?? n.failureSummary}`) ])), [ where, rules ]);
		return found.map(([ id, count, nodes ]) => `${id} (${count}×): ${nodes.join('; ')}`);
	}

	close() { return this.context.close(); }
}
