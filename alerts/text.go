package alerts

import (
	"strings"
	"time"

	"otklik/mention"
)

// Phrases are all words of messages in one language. Fields with verbs of fmt
// in them are formats.
type Phrases struct {
	States  map[mention.State]string
	Rejects map[mention.Reject]string
	Verbs   map[mention.Verb]string // what happened, for timelines
	Tones   map[mention.Tone]string
	Topics  map[string]string
	Sights  map[mention.Verdict]string // why a source is blind
	Steps   map[string]string          // reminders and escalations

	// Card.
	TakeBy, AckBy, AnswerBy, PromisedBy, VisibleBy      string
	Published, Found, Also, Read, NoWords, Shortened    string
	WhyNegative, WhyPositive, WhyNeutral                string
	WhyConflict, WhyEdited, Topic, Stars, Good, Bad     string
	Rule, Delivered, Owner, AnsweredBy, OnSite          string
	NotVisible, Unverifiable, Snoozed, Reopened         string
	Dismissed, Acknowledged, AckSeen, ReplyLink         string
	PlaceSeen, PlaceWaived, PlaceOpen, Repeated, Missed string
	MovedFrom, Author, Thanks, Confidence               string

	// Controls.
	Take, Answer, Dismiss, More, Reopen, Release         string
	Acknowledge, Assign, Snooze15, Snooze60, Wake        string
	Escalate, Timeline, Waive, Note, MakeTasks, OpenCard string

	// Forms.
	AnswerTitle, AnswerURL, AnswerURLHint, AnswerText, AnswerTextHint string
	AckTitle, AckText, AckUntil, AssignTitle, AssignTo, NoteTitle     string
	Submit, Cancel, Close, PastTime, NotURL, TimelineTitle, NoEvents  string

	// Sending an answer to its site.
	PublishTitle, Publish, PublishHint, PublishLimit string
	PublishEmpty, PublishLong, PublishRefused        string
	Approve, Decline                                 string

	// Answers to a person.
	Late, Lost, Gone, Busy, Expired, Stranger, NoRight, Done string

	// Commands and the home tab.
	Waiting, Mine, Free, TooLate, SourcesTitle, SeenAt, Usage string
	UnknownWord, NotAddress, AddKnown, AddUnknown, Overdue    string

	// Other notices.
	Blind, BlindSince, Back, Evidence, Seeded, SeededNow   string
	Reminder, Escalation                                   string
	StarsChanged, Nobody, Digest, Storm, Spike, NothingIn  string
	StormRest, TakeStorm, StormSince, StormOwned, Template string
	StormOver, StormLast                                   string
}

// Say returns the phrases of lang; Russian unless lang is "en".
func Say(lang string) *Phrases {
	if lang == "en" {
		return english()
	}
	return russian()
}

func russian() *Phrases {
	return &Phrases{
		States: map[mention.State]string{
			mention.Open: "ждёт", mention.Taken: "в работе", mention.Answered: "отвечено",
			mention.Confirmed: "ответ виден", mention.Dismissed: "закрыто без ответа",
		},
		Rejects: map[mention.Reject]string{
			mention.NotAboutUs: "не о нас", mention.NotNegative: "не негатив (ошибка тона)",
			mention.NoAnswerNeeded: "ответ не нужен", mention.Duplicate: "дубликат", mention.Spam: "спам",
		},
		Verbs: map[mention.Verb]string{
			mention.Raise: "найдено", mention.Deliver: "доставлено", mention.Take: "взято",
			mention.Acknowledge: "клиенту подтвердили получение", mention.Assign: "назначено", mention.Release: "отпущено",
			mention.Answer: "отвечено", mention.Dismiss: "закрыто без ответа", mention.Snooze: "отложено",
			mention.Wake: "снова ждёт", mention.Reopen: "открыто снова", mention.Escalate: "передано выше",
			mention.Remind: "напоминание", mention.Confirm: "ответ виден на странице", mention.Miss: "ответ не виден",
			mention.Join: "найдена копия", mention.Waive: "копия без ответа", mention.Edited: "автор изменил текст",
			mention.Comment: "заметка",
		},
		Tones: map[mention.Tone]string{mention.Negative: "негатив", mention.Neutral: "нейтрально", mention.Positive: "позитив"},
		Topics: map[string]string{
			"delivery": "доставка", "staff": "персонал", "price": "цена", "quality": "качество", "app": "приложение",
			"payment": "оплата", "support": "поддержка", "returns": "возврат", "service": "обслуживание",
		},
		Sights: map[mention.Verdict]string{
			mention.Blocked: "капча или запрет", mention.NotFound: "страница не найдена", mention.Layout: "изменилась разметка",
			mention.Auth: "нужен другой токен", mention.Truncated: "ответ обрывается", mention.Unreachable: "не отвечает",
			mention.Disallowed: "запрещено robots.txt",
		},
		Steps: map[string]string{
			"take_half": "прошла половина срока, никто не взял", "take_soon": "осталось 5 минут, никто не взял",
			"take_due": "срок взять истёк", "ack_due": "срок подтвердить получение истёк",
			"take_next": "никто так и не взял, следующий по цепочке", "answer_half": "прошла половина срока ответа",
			"answer_due": "срок ответа истёк", "promise_due": "наступил обещанный клиенту срок",
			"visible_due": "ответ так и не виден на странице", "manual": "просят помочь",
			mention.ReplyDrafted: "ответ написан, ждёт согласия второго человека", mention.ReplyQueued: "ответ отправляется на площадку",
			mention.ReplyApproved: "ответ одобрен и отправляется", mention.ReplyDeclined: "ответ не одобрен",
			mention.ReplySent: "ответ на площадке", mention.ReplyHeld: "ответ на площадке, она его проверяет",
			mention.ReplyShown: "площадка проверила и показывает ответ", mention.ReplyRefused: "площадка не пропустила ответ",
			mention.ReplyFailed:   "ответ не отправлен, текст сохранён",
			mention.ReplyDoubtful: "неизвестно, дошёл ли ответ: посмотрите на странице",
		},
		TakeBy: "взять до %s", AckBy: "подтвердить получение до %s", AnswerBy: "ответить до %s", PromisedBy: "решение обещано к %s", VisibleBy: "увидеть ответ до %s",
		Published: "опубликовано %s", Found: "найдено %s", Also: "также: %s", Read: "читать", NoWords: "без текста", Shortened: "текст сокращён сайтом",
		WhyNegative: "почему негатив: %s", WhyPositive: "почему позитив: %s", WhyNeutral: "слова: %s",
		WhyConflict: "текст и оценка расходятся", WhyEdited: "автор изменил отзыв", Topic: "тема: %s", Stars: "★%d",
		Good: "Достоинства: ", Bad: "Недостатки: ",
		Rule: "правило «%s»", Delivered: "доставлено %s", Owner: "отвечает %s", AnsweredBy: "ответ дан %s (%s)", OnSite: "ответ дан на площадке",
		NotVisible: "ответ не виден на странице", Unverifiable: "площадка не показывает ответы: проверить нельзя",
		Snoozed: "отложено до %s", Reopened: "открыто снова (%d)", Dismissed: "закрыто: %s",
		Acknowledged: "клиенту подтвердили получение %s", AckSeen: "обещание видно на странице", ReplyLink: "ответ",
		PlaceSeen: "ответ виден", PlaceWaived: "ответ не нужен", PlaceOpen: "ждёт ответа",
		Repeated: "возможно, повтор: неизвестно, дошло ли сообщение в первый раз", MovedFrom: "канал «%s» не принял сообщение, поэтому оно здесь",
		Missed: "пока этот канал не принимал сообщений, в «%[2]s» ушло: %[1]d",
		Author: "автор %s", Thanks: "сказать спасибо", Confidence: "уверенность %d %%",
		Take: "Взять", Answer: "Отвечено", Dismiss: "Не требует ответа", More: "Ещё", Reopen: "Открыть снова", Release: "Отпустить",
		Acknowledge: "Подтвердить получение…", Assign: "Назначить…", Snooze15: "Отложить на 15 минут", Snooze60: "Отложить на час", Wake: "Не откладывать",
		Escalate: "Передать выше", Timeline: "История", Waive: "Без ответа: %s", Note: "Заметка…", MakeTasks: "Сделать задачи", OpenCard: "карточка",
		AnswerTitle: "Ответ дан", AnswerURL: "Ссылка на ответ", AnswerURLHint: "Необязательно: мы сами поищем ответ на странице",
		AnswerText: "Что ответили", AnswerTextHint: "Необязательно. Здесь текст только хранится, на площадку он не уходит",
		AckTitle: "Подтверждение", AckText: "Что написали клиенту", AckUntil: "Когда обещано решение", AssignTitle: "Назначить", AssignTo: "Кому",
		NoteTitle: "Заметка", Submit: "Готово", Cancel: "Отмена", Close: "Закрыть", PastTime: "Укажите время в будущем",
		NotURL: "Укажите адрес, который начинается с https://", TimelineTitle: "История", NoEvents: "Пока ничего не было",
		PublishTitle: "Куда уходит текст", Publish: "Отправить на площадку",
		PublishHint: "Отклик опубликует текст от имени компании через официальный API.", PublishLimit: "До %d знаков.",
		PublishEmpty: "Напишите, что отправить", PublishLong: "Знаков %d, площадка принимает %d", PublishRefused: "Отправить нельзя: %s",
		Approve: "Одобрить ответ", Decline: "Не одобрять",
		Late: "M-%d: так уже нельзя, %s. Карточка сейчас обновится.", Lost: "M-%d: кто-то был быстрее. Карточка сейчас обновится.",
		Gone: "M-%d: такой задачи больше нет.", Busy: "Не получилось записать. Нажмите, пожалуйста, ещё раз.",
		Expired:  "Slack закрыл окно раньше, чем мы его открыли. Нажмите, пожалуйста, ещё раз.",
		NoRight:  "Действовать с задачами могут люди с учётной записью Отклика. Попросите администратора связать вашу с «%s».",
		Stranger: "Кнопки работают только для сотрудников этой команды.", Done: "Готово",
		Waiting: "Ждут ответа", Mine: "Мои", Free: "Никто не взял", TooLate: "Просрочены", SourcesTitle: "Источники", SeenAt: "проверен %s",
		Usage:       "• `/otklik open` — что ждёт ответа\n• `/otklik mine` — что взял я\n• `/otklik sources` — какие источники видны\n• `/otklik report today` — сводка за сегодня\n• `/otklik add https://…` — как добавить источник",
		UnknownWord: "Не знаю команды «%s».", NotAddress: "Это не адрес: «%s».",
		AddKnown: "Допишите эту строку в `sources` бренда в конфигурации:", AddUnknown: "Такой площадки нет в каталоге. Эта команда предложит для неё описание:",
		Overdue: "просрочено: %s",
		Blind:   "Не видим источник «%s»: %s", BlindSince: "с %s", Back: "Снова видим источник «%s»", Evidence: "Что видно: %s",
		Seeded: "Источник «%s» подключён", SeededNow: "Известно упоминаний: %d, оповещений: %d, негативных без ответа за последние 7 дней: %d",
		Reminder: "Напоминание по M-%d", Escalation: "M-%d: нужна помощь", StarsChanged: "оценка: %s → %s",
		Nobody: "никто", Digest: "Сводка", Storm: "Много жалоб сразу", Spike: "Всплеск негатива", NothingIn: "ничего",
		Template: "Шаблон ответа", StormRest: "и ещё %d — в инбоксе", TakeStorm: "Взять все", StormSince: "с %s", StormOwned: "Их уже ведёт другой человек.",
		StormOver: "Волна жалоб закончилась", StormLast: "с %s по %s",
	}
}

func english() *Phrases {
	return &Phrases{
		States: map[mention.State]string{
			mention.Open: "waiting", mention.Taken: "taken", mention.Answered: "answered",
			mention.Confirmed: "answer visible", mention.Dismissed: "closed without an answer",
		},
		Rejects: map[mention.Reject]string{
			mention.NotAboutUs: "not about us", mention.NotNegative: "not negative (wrong tone)",
			mention.NoAnswerNeeded: "no answer needed", mention.Duplicate: "duplicate", mention.Spam: "spam",
		},
		Verbs: map[mention.Verb]string{
			mention.Raise: "found", mention.Deliver: "delivered", mention.Take: "taken",
			mention.Acknowledge: "acknowledged", mention.Assign: "assigned", mention.Release: "released",
			mention.Answer: "answered", mention.Dismiss: "closed without an answer", mention.Snooze: "snoozed",
			mention.Wake: "waiting again", mention.Reopen: "reopened", mention.Escalate: "escalated",
			mention.Remind: "reminder", mention.Confirm: "answer visible on the page", mention.Miss: "answer not visible",
			mention.Join: "copy found", mention.Waive: "copy needs no answer", mention.Edited: "the author changed the text",
			mention.Comment: "note",
		},
		Tones:  map[mention.Tone]string{mention.Negative: "negative", mention.Neutral: "neutral", mention.Positive: "positive"},
		Topics: map[string]string{},
		Sights: map[mention.Verdict]string{
			mention.Blocked: "captcha or refusal", mention.NotFound: "page not found", mention.Layout: "the layout changed",
			mention.Auth: "another token is needed", mention.Truncated: "the answer breaks off", mention.Unreachable: "no answer",
			mention.Disallowed: "forbidden by robots.txt",
		},
		Steps: map[string]string{
			"take_half": "half the time is gone and nobody has taken it", "take_soon": "5 minutes left and nobody has taken it",
			"take_due": "the time to take it is over", "ack_due": "the time to acknowledge it is over",
			"take_next": "still nobody has taken it, next in the chain", "answer_half": "half the time to answer is gone",
			"answer_due": "the time to answer is over", "promise_due": "the customer was promised a solution by now",
			"visible_due": "the answer never appeared on the page", "manual": "help is asked for",
			mention.ReplyDrafted: "an answer is written and waits for a second person", mention.ReplyQueued: "the answer is on its way to the site",
			mention.ReplyApproved: "the answer is approved and on its way", mention.ReplyDeclined: "the answer was not approved",
			mention.ReplySent: "the site has the answer", mention.ReplyHeld: "the site has the answer and checks it",
			mention.ReplyShown: "the site has checked the answer and shows it", mention.ReplyRefused: "the site did not let the answer through",
			mention.ReplyFailed:   "the answer was not sent, its words are kept",
			mention.ReplyDoubtful: "nobody knows whether the answer arrived: look at the page",
		},
		TakeBy: "take by %s", AckBy: "acknowledge by %s", AnswerBy: "answer by %s", PromisedBy: "solution promised by %s", VisibleBy: "visible by %s",
		Published: "published %s", Found: "found %s", Also: "also: %s", Read: "read", NoWords: "no text", Shortened: "shortened by the site",
		WhyNegative: "why negative: %s", WhyPositive: "why positive: %s", WhyNeutral: "words: %s",
		WhyConflict: "text and stars disagree", WhyEdited: "the author changed the review", Topic: "topic: %s", Stars: "★%d",
		Good: "Pros: ", Bad: "Cons: ",
		Rule: "rule “%s”", Delivered: "delivered %s", Owner: "owner %s", AnsweredBy: "answered %s (%s)", OnSite: "answered on the site",
		NotVisible: "the answer is not visible on the page", Unverifiable: "the site shows no answers: cannot be verified",
		Snoozed: "snoozed until %s", Reopened: "reopened (%d)", Dismissed: "closed: %s",
		Acknowledged: "acknowledged %s", AckSeen: "the promise is visible on the page", ReplyLink: "answer",
		PlaceSeen: "answer visible", PlaceWaived: "no answer needed", PlaceOpen: "waiting for an answer",
		Repeated: "possibly repeated: it is not known whether the first try arrived", MovedFrom: "channel “%s” refused this message, so it is here",
		Missed: "while this channel refused messages, %d went to “%s”",
		Author: "author %s", Thanks: "say thank you", Confidence: "confidence %d%%",
		Take: "Take", Answer: "Answered", Dismiss: "No answer needed", More: "More", Reopen: "Reopen", Release: "Release",
		Acknowledge: "Acknowledge…", Assign: "Assign…", Snooze15: "Snooze for 15 minutes", Snooze60: "Snooze for an hour", Wake: "End the snooze",
		Escalate: "Escalate", Timeline: "Timeline", Waive: "No answer at %s", Note: "Note…", MakeTasks: "Make tasks", OpenCard: "card",
		AnswerTitle: "Answered", AnswerURL: "Link to the answer", AnswerURLHint: "Optional: we look for the answer on the page ourselves",
		AnswerText: "What was answered", AnswerTextHint: "Optional. The text is only kept here, it is not published",
		AckTitle: "Acknowledge", AckText: "What the customer was told", AckUntil: "When a solution is promised", AssignTitle: "Assign", AssignTo: "To whom",
		NoteTitle: "Note", Submit: "Done", Cancel: "Cancel", Close: "Close", PastTime: "Choose a time in the future",
		NotURL: "Give an address that begins with https://", TimelineTitle: "Timeline", NoEvents: "Nothing has happened yet",
		PublishTitle: "Where the text goes", Publish: "Send it to the site",
		PublishHint: "Otklik publishes the text for the company through the official API.", PublishLimit: "Up to %d characters.",
		PublishEmpty: "Write what is to be sent", PublishLong: "%d characters, the site takes %d", PublishRefused: "It cannot be sent: %s",
		Approve: "Approve the answer", Decline: "Do not approve",
		Late: "M-%d: that is no longer possible, %s. The card is about to be updated.", Lost: "M-%d: somebody was faster. The card is about to be updated.",
		Gone: "M-%d: there is no such task any more.", Busy: "That could not be saved. Please press again.",
		Expired:  "Slack closed the window before we could open it. Please press again.",
		NoRight:  "Only people with an Otklik account may act on tasks. Please ask an administrator to link yours with “%s”.",
		Stranger: "The buttons work for members of this team only.", Done: "Done",
		Waiting: "Waiting for an answer", Mine: "Mine", Free: "Taken by nobody", TooLate: "Overdue", SourcesTitle: "Sources", SeenAt: "looked at %s",
		Usage:       "• `/otklik open`: what waits for an answer\n• `/otklik mine`: what you have taken\n• `/otklik sources`: which sources are seen\n• `/otklik report today`: the day summed up\n• `/otklik add https://…`: how to add a source",
		UnknownWord: "There is no command “%s”.", NotAddress: "That is no address: “%s”.",
		AddKnown: "Add this line to the `sources` of a brand in the configuration:", AddUnknown: "The catalogue has no such site. This command proposes a definition:",
		Overdue: "overdue: %s",
		Blind:   "Source “%s” is not seen: %s", BlindSince: "since %s", Back: "Source “%s” is seen again", Evidence: "What we see: %s",
		Seeded: "Source “%s” is connected", SeededNow: "%d known, %d alerted, %d unanswered negatives of the last 7 days",
		Reminder: "Reminder for M-%d", Escalation: "M-%d needs help", StarsChanged: "stars: %s → %s",
		Nobody: "nobody", Digest: "Digest", Storm: "Many complaints at once", Spike: "A spike of negatives", NothingIn: "nothing",
		Template: "Answer template", StormRest: "and %d more in the inbox", TakeStorm: "Take all", StormSince: "since %s", StormOwned: "Somebody else is in charge of them.",
		StormOver: "The wave of complaints is over", StormLast: "from %s to %s",
	}
}

// Expected returns what is expected of a task next, as a format for the moment,
// and by when; the zero time when nothing is.
func (p *Phrases) Expected(t mention.Task) (form string, due time.Time) {
	due = t.DueAt()
	switch {
	case due.IsZero() || t.IsClosed():
		return "", time.Time{}
	case t.State == mention.Answered:
		return p.VisibleBy, due
	case due.Equal(t.Due.Take):
		return p.TakeBy, due
	case due.Equal(t.PromisedAt):
		return p.PromisedBy, due
	}
	return p.AnswerBy, due
}

// TopicName returns what people call topic.
func (p *Phrases) TopicName(topic string) string {
	if name := p.Topics[topic]; name != "" {
		return name
	}
	return topic
}

// StepName returns what people call a step of the norms.
func (p *Phrases) StepName(step string) string {
	if name := p.Steps[step]; name != "" {
		return name
	}
	if _, isNext := strings.CutPrefix(step, "take_next_"); isNext {
		return p.Steps["take_next"]
	}
	return step
}
