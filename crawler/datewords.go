package crawler

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// wordDate collects what the words of a date say.
type wordDate struct {
	c         clock
	year      int
	month     int
	day       int
	weekday   int // 1 is Monday; 0 none
	dayShift  int // days before today
	hasShift  bool
	clock     clockTime
	hasClock  bool
	zone      *time.Location
	ago       time.Time // exact relative date
	hasAgo    bool
	amount    int // number waiting for its unit
	hasAmount bool
	afternoon int // 1 am, 2 pm
}

// parseWords reads dates in Russian or English words: "2 июн 2026", "27
// октября, 22:27", "вчера, 19:08", "3 дня назад", "Oct 5, 2024", "an hour ago",
// "Mon, 26 Jun 2017 12:20:05 GMT". A word it does not know ends the attempt:
// no date is better than a wrong one.
func parseWords(s string, c clock) (time.Time, bool) {
	w := &wordDate{c: c, zone: c.location()}
	words := dateTokens(s)
	if len(words) == 0 || len(words) > 14 {
		return time.Time{}, false
	}
	if isRelativeAbroad(words) {
		words = inEnglish(words)
	}
	for i := 0; i < len(words); i++ {
		used, ok := w.take(words, i)
		if !ok {
			return time.Time{}, false
		}
		i += used - 1
	}
	return w.date()
}

// dateTokens splits a date into lower-case words, numbers with their colons,
// and offsets.
func dateTokens(s string) []string {
	s = strings.ReplaceAll(strings.ToLower(s), "ё", "е")
	s = inSingleWords(s)
	s = frenchHour.ReplaceAllString(s, "$1:$2")
	words := strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",.()|•·—–«»\"", r)
	})
	for i := range words {
		if w := strings.TrimSuffix(words[i], ":"); w != "" {
			words[i] = w // "Reviewed: 5 October"
		}
	}
	return words
}

// take reads the word at i and reports how many words it used.
func (w *wordDate) take(words []string, i int) (int, bool) {
	word := words[i]
	switch {
	case isFiller(word), isYearWord(word) && !followsAgo(words[i+1:]):
		return 1, true
	case word == "ago" && !w.hasAgo && w.day > 0 && w.month == 0:
		w.month = 8 // agosto
		return 1, true
	case word == "назад" || word == "ago":
		return 1, w.hasAgo
	case isOffset(strings.TrimPrefix(strings.TrimPrefix(word, "gmt"), "utc")):
		p := &scanner{s: word}
		zone, ok := p.zone(w.zone)
		w.zone = zone
		return 1, ok && p.done() && w.hasClock
	case isDigit(rune(word[0])):
		return 1, w.takeNumber(word)
	}
	if seconds, ok := zoneNames(word); ok && w.hasClock {
		w.zone = fixed(seconds)
		return 1, true
	}
	return w.takeWord(words, i)
}

// isOffset reports the beginning of +0300 or -5.
func isOffset(word string) bool {
	return word != "" && (word[0] == '+' || word[0] == '-' && len(word) > 1)
}

func (w *wordDate) takeNumber(word string) bool {
	if strings.Contains(word, ":") {
		p := &scanner{s: word}
		t, ok := p.clockTime()
		if rest := word[p.at:]; rest == "am" || rest == "pm" {
			return ok && w.setClock(t) && w.setHalf(rest)
		}
		if ok && !p.done() { // 12:20:05+0300
			zone, fine := p.zone(w.zone)
			w.zone, ok = zone, fine
		}
		return ok && p.done() && w.setClock(t)
	}
	digits := strings.TrimRight(word, "abcdefghijklmnopqrstuvwxyzºª°")
	unit := word[len(digits):]
	n, err := strconv.Atoi(digits)
	if err != nil || n > 100000 {
		return false
	}
	switch unit {
	case "", "st", "nd", "rd", "th", "er", "º", "ª", "°", "de":
	case "am", "pm":
		return n <= 12 && w.setClock(clockTime{hour: n}) && w.setHalf(unit)
	default: // 5h, 3d: short relative forms
		w.amount, w.hasAmount = n, true
		return w.setAgo(unit)
	}
	return w.placeNumber(n, len(digits))
}

// placeNumber decides whether a lone number is a day, a year or an amount.
func (w *wordDate) placeNumber(n, digits int) bool {
	switch {
	case digits == 4 && n >= firstYear && n <= lastYear && w.year == 0:
		w.year = n
	case n >= 1 && n <= 31 && w.day == 0 && !w.hasAmount:
		w.day = n // it may turn out to be an amount: "3 дня назад"
		w.amount, w.hasAmount = n, true
	case digits == 2 && w.year == 0 && w.month > 0:
		w.year = 2000 + n // RFC 822 allows two digits
	case n < 1000 && !w.hasAmount:
		w.amount, w.hasAmount = n, true
	default:
		return false
	}
	return true
}

func (w *wordDate) setClock(t clockTime) bool {
	if w.hasClock {
		return false
	}
	w.clock, w.hasClock = t, true
	return true
}

func (w *wordDate) setHalf(half string) bool {
	if !w.hasClock || w.clock.hour > 12 || w.afternoon != 0 {
		return false
	}
	w.afternoon = 1
	w.clock.hour %= 12
	if half == "pm" {
		w.clock.hour += 12
	}
	return true
}

func (w *wordDate) takeWord(words []string, i int) (int, bool) {
	word := words[i]
	if half := strings.TrimSuffix(word, "."); half == "am" || half == "pm" {
		return 1, half == "am" && !w.hasClock || w.setHalf(half) // "am 5. Mai" is German
	}
	if n, ok := dayWords(word); ok {
		w.dayShift, w.hasShift = n, true
		return 1, true
	}
	if isNow(word) {
		w.ago, w.hasAgo = w.c.now, true
		return 1, true
	}
	if m := monthOf(word); m > 0 && w.month == 0 {
		w.month = m
		return 1, true
	}
	if isOne(word) {
		w.amount, w.hasAmount = 1, true
		return 1, true
	}
	if unitOf(word) != noUnit && followsAgo(words[i+1:]) {
		if !w.hasAmount {
			w.amount, w.hasAmount = 1, true // "час назад", "неделю назад"
		}
		return 1, w.setAgo(word)
	}
	if d := weekdayOf(word); d > 0 {
		w.weekday = d
		return 1, true
	}
	return 1, false
}

// followsAgo reports that the words end in "назад" or "ago".
func followsAgo(rest []string) bool {
	for _, w := range rest {
		if w == "назад" || w == "ago" {
			return true
		}
	}
	return false
}

type unit int

const (
	noUnit unit = iota
	unitSecond
	unitMinute
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitYear
)

// unitOf knows the units of relative dates by the beginnings of their words.
func unitOf(word string) unit {
	switch word {
	case "с", "s", "сек":
		return unitSecond
	case "m", "min", "mins", "мин", "м":
		return unitMinute
	case "h", "hr", "hrs", "ч":
		return unitHour
	case "d", "д", "дн", "сут":
		return unitDay
	case "w", "wk", "нед":
		return unitWeek
	case "mo", "mos", "мес":
		return unitMonth
	case "y", "yr", "yrs", "г", "лет":
		return unitYear
	}
	for _, u := range [...]struct {
		begin string
		unit  unit
	}{
		{"секунд", unitSecond}, {"second", unitSecond}, {"минут", unitMinute}, {"minute", unitMinute},
		{"час", unitHour}, {"hour", unitHour}, {"день", unitDay}, {"дня", unitDay}, {"дней", unitDay}, {"day", unitDay},
		{"недел", unitWeek}, {"week", unitWeek}, {"месяц", unitMonth}, {"month", unitMonth},
		{"год", unitYear}, {"year", unitYear},
	} {
		if strings.HasPrefix(word, u.begin) {
			return u.unit
		}
	}
	return noUnit
}

// setAgo moves the time of the fetch back by the amount that was read.
func (w *wordDate) setAgo(word string) bool {
	if !w.hasAmount {
		return false
	}
	n := -w.amount
	from := w.ago
	if !w.hasAgo {
		from = w.c.today()
	}
	switch unitOf(word) {
	case unitSecond:
		from = from.Add(time.Duration(n) * time.Second)
	case unitMinute:
		from = from.Add(time.Duration(n) * time.Minute)
	case unitHour:
		from = from.Add(time.Duration(n) * time.Hour)
	case unitDay:
		from = from.AddDate(0, 0, n)
	case unitWeek:
		from = from.AddDate(0, 0, 7*n)
	case unitMonth:
		from = from.AddDate(0, n, 0)
	case unitYear:
		from = from.AddDate(n, 0, 0)
	default:
		return false
	}
	w.ago, w.hasAgo = from, true
	w.hasAmount, w.day = false, 0
	return true
}

// date puts together what the words said.
func (w *wordDate) date() (time.Time, bool) {
	today := w.c.today()
	switch {
	case w.hasAgo:
		return w.ago, w.day == 0 && w.month == 0
	case w.hasShift:
		d := today.AddDate(0, 0, -w.dayShift)
		return date(d.Year(), int(d.Month()), d.Day(), w.clock, w.zone), true
	case w.month > 0:
		return w.dayOfYear(today)
	case w.weekday > 0 && w.day == 0 && w.year == 0:
		back := (int(today.Weekday()) - w.weekday%7 + 7) % 7
		d := today.AddDate(0, 0, -back)
		return date(d.Year(), int(d.Month()), d.Day(), w.clock, w.zone), true
	case w.hasClock && w.day == 0 && w.year == 0:
		return date(today.Year(), int(today.Month()), today.Day(), w.clock, w.zone), true
	}
	return time.Time{}, false
}

// dayOfYear completes a day and month: without a year it is the last such day
// that is not in the future.
func (w *wordDate) dayOfYear(today time.Time) (time.Time, bool) {
	day := max(1, w.day)
	year := w.year
	if year == 0 {
		if w.day == 0 {
			return time.Time{}, false
		}
		year = today.Year()
		if date(year, w.month, day, w.clock, w.zone).After(today.Add(24 * time.Hour)) {
			year--
		}
	}
	return date(year, w.month, day, w.clock, w.zone), isDay(year, w.month, day)
}

func isFiller(word string) bool {
	switch word {
	case "в", "во", "на", "at", "on", "the", "of", "от", "reviewed", "posted", "published", "написано",
		"опубликовано", "отзыв", "дата", "около", "about", "примерно", "добавлен", "добавлено", "изменен", "изменено", "edited", "updated",
		"last", "прошлый", "over", "almost", "more", "than", "более", "почти", "написан", "опубликован", "изменения", "редактирования", "публикации", "-", "de", "del", "le", "den", "der", "il", "el":
		return true
	}
	return isFillerAbroad(word)
}

// isYearWord reports the word that follows a year in Russian: "2025 г."
func isYearWord(word string) bool {
	return word == "г" || word == "гг" || word == "года" || word == "год"
}

func isNow(word string) bool {
	return word == "только" || word == "сейчас" || word == "что" || word == "just" || word == "now"
}

func isOne(word string) bool {
	switch word {
	case "a", "an", "one", "один", "одну", "одна":
		return true
	}
	return false
}

// dayWords returns how many days before today the word names.
func dayWords(word string) (int, bool) {
	switch word {
	case "сегодня", "today":
		return 0, true
	case "вчера", "yesterday":
		return 1, true
	case "позавчера":
		return 2, true
	}
	return 0, false
}

// monthOf returns the month that the word or its abbreviation names, 0 for none.
func monthOf(word string) int {
	word = strings.TrimSuffix(word, ".")
	if len(word) < 3 {
		return 0
	}
	for i, names := range [...][]string{
		{"jan", "янв"}, {"feb", "фев"}, {"mar", "мар"}, {"apr", "апр"}, {"may", "мая", "май"}, {"jun", "июн"},
		{"jul", "июл"}, {"aug", "авг"}, {"sep", "сен"}, {"oct", "окт"}, {"nov", "ноя"}, {"dec", "дек"},
	} {
		for _, name := range names {
			if rest, ok := strings.CutPrefix(word, name); ok && isMonthEnd(rest) {
				return i + 1
			}
		}
	}
	return monthAbroad(word)
}

// isMonthEnd reports that rest completes the name of a month.
func isMonthEnd(rest string) bool {
	switch rest {
	case "", "t", "я", "ь", "е", "а", "т", "та", "те", "ря", "рь", "аря", "арь", "раля", "раль", "р", "рта",
		"еля", "ель", "ель-", "уста", "уст", "тября", "тябрь", "ября", "ябрь", "бря", "брь", "абря", "абрь", "кабря", "кабрь",
		"uary", "ruary", "ch", "il", "e", "y", "ust", "tember", "ober", "ember", "ил", "иль":
		return true
	}
	return strings.HasPrefix("тября", rest) || strings.HasPrefix("ября", rest) || strings.HasPrefix("бря", rest)
}

// weekdayOf returns 1 for Monday to 7 for Sunday, 0 for another word.
func weekdayOf(word string) int {
	for i, names := range [...][]string{
		{"mon", "monday", "понедельник", "пн"}, {"tue", "tues", "tuesday", "вторник", "вт"},
		{"wed", "wednesday", "среда", "среду", "ср"}, {"thu", "thur", "thurs", "thursday", "четверг", "чт"},
		{"fri", "friday", "пятница", "пятницу", "пт"}, {"sat", "saturday", "суббота", "субботу", "сб"},
		{"sun", "sunday", "воскресенье", "вс"},
	} {
		for _, name := range names {
			if word == name {
				return i + 1
			}
		}
	}
	return weekdayAbroad(word)
}
