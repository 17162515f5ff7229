'use strict';
'require baseclass';
'require weir.state as state';

// Numbers and times as people read them: three significant digits, decimal units,
// times of the router's zone.

const NONE = '–';
const LANG = /^[a-z]{2}([-_]|$)/i.test(document.documentElement.lang) ? document.documentElement.lang.replace('_', '-') : 'en';
const LOCALE = (LANG == 'en') ? 'en-GB' : LANG;
const DECIMAL = _('B kB MB GB TB PB').split(' ');
const BINARY = _('B KiB MiB GiB TiB PiB').split(' ');
const RATES = _('bit/s kbit/s Mbit/s Gbit/s Tbit/s').split(' ');

const digits = {};
const dates = {};
// Until a reply tells: as far as the router's local time was ahead of UTC last.
let offset = state.recall('zone', -60 * new Date().getTimezoneOffset());
let skew = 0; // seconds the router's clock is ahead of the browser's
let binary = state.recall('binary', false);

// formatter makes what Intl is slow at making, once for each kind of number.
function formatter(name, options) {
	digits[name] = digits[name] || new Intl.NumberFormat(LOCALE, options);

	return digits[name];
}

function fixed(n, decimals) {
	return formatter(decimals, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(n);
}

function three(n) {
	return formatter('three', { minimumSignificantDigits: 3, maximumSignificantDigits: 3, useGrouping: false }).format(n);
}

function scaled(n, base, units) {
	let i = 0;

	for (n = +n; Math.abs(n) >= 999.5 && i < units.length - 1; i++)
		n /= base;

	return (i ? three(n) : fixed(n, 0)) + ' ' + units[i];
}

function rate(n) { return (n == null) ? NONE : scaled(n, 1000, RATES); }

function bytes(n) {
	return (n == null) ? NONE : scaled(n, binary ? 1024 : 1000, binary ? BINARY : DECIMAL);
}

function count(n) {
	if (n == null)
		return NONE;

	return (Math.abs(n) < 99999.5) ? fixed(n, 0) : scaled(n, 1000, [ '', 'k', 'M', 'G', 'T' ]);
}

function exact(n, unit) {
	return (n == null) ? _('not known') : fixed(n, 0) + (unit ? ' ' + unit : '');
}

function percent(x) {
	if (x == null)
		return NONE;

	if (x > 0 && x < 0.1)
		return '< ' + fixed(0.1, 1) + ' %';

	// Cut, not rounded, near the end: 99.97 % is not all.
	if (x > 99 && x < 100)
		return fixed(Math.floor(x * 10) / 10, 1) + ' %';

	return fixed(x, (x > 0 && x < 9.95) ? 1 : 0) + ' %';
}

function trend(x) {
	if (x == null)
		return NONE;

	return (x < 0 ? '−' : '+') + fixed(Math.abs(x), 0) + ' %';
}

function ms(x) {
	if (x == null)
		return NONE;

	return (x >= 999.5) ? _('%s s').format(three(x / 1000)) : _('%s ms').format(x < 1 ? formatter('ms', { maximumFractionDigits: 3 }).format(x) : three(x));
}

function duration(s) {
	if (s == null)
		return NONE;

	if (s > 0 && s < 1)
		return ms(s * 1000);

	s = Math.round(s);

	if (s < 60)
		return _('%d s').format(s);

	if (s < 3600)
		return (s % 60) ? _('%d min %d s').format(Math.floor(s / 60), s % 60) : _('%d min').format(s / 60);

	if (s < 86400)
		return _('%d h %d min').format(Math.floor(s / 3600), Math.floor(s % 3600 / 60));

	return _('%d d %d h').format(Math.floor(s / 86400), Math.floor(s % 86400 / 3600));
}

function now() { return Date.now() / 1000 + skew; }

function moment(ts, name, options) {
	dates[name] = dates[name] || new Intl.DateTimeFormat(LOCALE, Object.assign({ timeZone: 'UTC', hourCycle: 'h23' }, options));

	return (ts == null) ? NONE : dates[name].format(new Date((ts + offset) * 1000));
}

function time(ts) { return moment(ts, 'time', { hour: '2-digit', minute: '2-digit', second: '2-digit' }); }

function clock(ts) { return moment(ts, 'clock', { hour: '2-digit', minute: '2-digit' }); }

function date(ts) { return moment(ts, 'date', { day: 'numeric', month: 'short', year: 'numeric' }); }

function day(ts) { return moment(ts, 'day', { day: 'numeric', month: 'short' }); }

function datetime(ts) { return (ts == null) ? NONE : date(ts) + ' ' + time(ts); }

function ago(ts) {
	if (ts == null)
		return NONE;

	const age = now() - ts;

	if (age < 1.5)
		return _('now');

	if (age < 3600)
		return _('%s ago').format(age < 60 ? _('%d s').format(age) : _('%d min').format(age / 60));

	if (date(ts) == date(now()))
		return _('today %s').format(clock(ts));

	return (age < 300 * 86400) ? day(ts) + ' ' + clock(ts) : date(ts);
}

// zoneName says which zone times are in: the corner of every chart does.
function zoneName() {
	const m = Math.abs(offset) / 60;

	return 'UTC' + (offset ? (offset < 0 ? '−' : '+') + Math.floor(m / 60) + (m % 60 ? ':' + (m % 60) : '') : '');
}

return baseclass.extend({
	LOCALE, rate, bytes, count, exact, percent, trend, ms, duration, ago, time, clock, date, day, datetime, now, zoneName,
	zone: () => offset,
	setZone: (seconds) => { offset = seconds || 0; state.remember('zone', offset); },
	sync: (ts) => { skew = ts - Date.now() / 1000; },
	binary: () => binary,
	setBinary: (on) => { binary = !!on; state.remember('binary', binary); },
	since: (ts) => E('span', { 'title': datetime(ts) }, [ ago(ts) ])
});
