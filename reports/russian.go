package reports

// russian holds the phrases of reports. Keys that begin with a word for their
// kind ("norm take") have their English in english.
func russian() map[string]string {
	return map[string]string{
		"Report": "Отчёт", "Digest": "Сводка", "Daily digest": "Сводка за день", "Weekly digest": "Сводка за неделю",
		"All brands": "Все бренды", "Brand": "Бренд", "Source": "Источник", "All sources": "Все источники", "From": "С", "To": "По", "Show": "Показать",
		"Today": "Сегодня", "7 days": "7 дней", "30 days": "30 дней", "This month": "Этот месяц", "Last month": "Прошлый месяц",
		"Download": "Скачать", "Made %s": "Составлен %s", "Otklik": "Отклик",

		"Mentions": "Упоминания", "Negative": "Негатив", "Neutral": "Нейтрально", "Positive": "Позитив", "Not classified": "Без тона",
		"Average rating": "Средняя оценка", "Rating": "Оценка", "Rated": "С оценкой", "Share": "Доля", "Name": "Имя", "Day": "День",
		"%s before": "ранее %s", "of all mentions": "от всех упоминаний", "%s ratings": "оценок: %s", "no ratings": "оценок нет",
		"Taken in norm": "Взято в норму", "Answered in norm": "Отвечено в норму", "Median time to answer": "Медиана до ответа",
		"%s of %s": "%s из %s", "no complaints with this norm": "жалоб с такой нормой нет", "in working time, from taking": "рабочего времени, от взятия",

		"Tone over time": "Тон по дням", "Mentions by day": "Упоминания по дням", "mentions a day": "упоминаний в день", "mentions a week": "упоминаний в неделю", "a source was not seen": "источник был не виден",
		"By source": "По источникам", "By topic": "По темам", "By brand": "По брендам", "Share of voice": "Доля голоса", "Topic": "Тема", "own": "свой", "competitor": "конкурент",
		"Surveys": "Опросы", "Score": "Показатель", "Answers": "Ответы", "Value": "Значение", "Good": "Хорошо", "Bad": "Плохо",
		"promoters %s, detractors %s": "промоутеров %s, критиков %s", "satisfied %s, not satisfied %s": "довольны %s, недовольны %s", "easy %s, hard %s": "легко %s, трудно %s",

		"Norms": "Нормы", "Norm": "Норма", "Met": "В норме", "Missed": "Нарушено", "Waiting": "Срок впереди", "Part met": "Доля в норме",
		"Answered, cannot be verified: %s": "Отвечено, проверить нельзя: %s", "Answered on the site without a claim: %s": "Отвечено на площадке без отметки: %s",
		"Answered, cannot be verified": "Отвечено, проверить нельзя", "Answered on the site without a claim": "Отвечено на площадке без отметки", "Dismissed, no answer needed": "Не требовали ответа",
		"Pros": "Достоинства", "Cons": "Недостатки", "Delivered": "Доставлено", "Back": "Назад", "Next": "Дальше",
		"Dismissed, no answer needed: %s": "Не требовали ответа: %s",
		"norm take":                       "взять", "norm acknowledge": "подтвердить получение", "norm answer": "ответить", "norm visible": "ответ виден",

		"Where the time went": "Куда ушло время", "Interval": "Интервал", "Charged to": "На чей счёт", "Count": "Число", "Median": "Медиана", "95 of 100 within": "95 из 100 уложились в", "How many took how long": "Случаев по длительности",
		"interval crawl": "публикация → находка", "interval delivery": "находка → доставка", "interval take": "доставка → взято",
		"interval answer": "взято → ответ", "interval visible": "ответ → виден на площадке",
		"charged to system": "система", "charged to people": "люди", "charged to site": "площадка", "working time": "рабочее время",
		"date only: %s": "только дата: %s", "longer": "дольше", "up to %s": "до %s",

		"People": "Люди", "Person": "Сотрудник", "Taken": "Взято", "Answered": "Отвечено", "in norm": "в норме", "Median to take": "Медиана до взятия", "Median to answer": "Медиана до ответа",
		"Median times are working time.": "Медианы — в рабочем времени.",

		"Top complaints": "Главные жалобы", "Complaint": "Жалоба", "no text": "без текста", "open the page": "открыть страницу", "Author": "Автор", "Published": "Опубликовано", "Text": "Текст", "Link": "Ссылка",
		"Open now": "Не закрыто сейчас", "Open": "Открыто", "Overdue": "Просрочено", "Complaints": "Жалобы", "Thanks to say": "Сказать спасибо", "open %s, overdue %s": "открыто %s, просрочено %s", "overdue": "просрочено", "Kind": "Вид", "State": "Состояние", "Tasks": "Задачи",
		"complaint": "жалоба", "thanks": "благодарность", "open": "открыта", "taken": "взята", "answered": "отвечена",

		"Coverage": "Полнота", "Not seen": "Не видели", "Since": "С какого времени", "Until": "До", "For": "Сколько", "Why": "Почему", "since %s": "с %s", "never": "ни разу",
		"All %s sources were seen all the time.":                         "Все источники (%s) были видны всё время.",
		"Not everything was seen: these figures are a lower bound.":      "Видели не всё: эти числа — нижняя граница.",
		"No source is watched: these figures say nothing about silence.": "Ни один источник не наблюдается: тишина ничего не значит.",
		"seen %s of the time of %s sources":                              "видели %s времени %s источников",
		"%s: not seen for %s (%s)":                                       "%s: не видели %s (%s)",
		"%s: not looked at since %s":                                     "%s: не смотрели с %s",
		"from publication to discovery: 95 of 100 complaints within %s":  "от публикации до находки: 95 из 100 жалоб за %s",
		"not classified": "без тона",
		"and %s more":    "и ещё %s",

		"This report cannot be made": "Такого отчёта не сделать", "there is no such brand": "такого бренда нет", "there is no such figure": "такой цифры в отчёте нет",
		"the period ends before it begins": "период кончается раньше, чем начинается", "the period is longer than ten years": "период длиннее десяти лет",
		"unknown format: use html, xlsx, csv or json":                               "такого формата нет: есть html, xlsx, csv и json",
		"%q is no day like 2026-11-01 and no moment like 2026-11-01T09:00:00+03:00": "%q — не день вида 2026-11-01 и не время вида 2026-11-01T09:00:00+03:00",

		"Said": "Что писали", "negative %s, neutral %s, positive %s": "негативных %s, нейтральных %s, позитивных %s",
		"nothing was found": "ничего не нашли", "nothing was found, but not everything was seen": "ничего не нашли, но видели не всё",
		"Say thank you": "Сказать спасибо", "%s: %s": "%s: %s", "Tasks now": "Задачи сейчас", "%s, met %s": "%s — в норме %s",
		"the whole report":          "отчёт целиком",
		"A spike of complaints: %s": "Всплеск жалоб: %s",
		"%s complaints from %s to %s; yesterday in this hour %s, a week ago %s": "жалоб с %[2]s до %[3]s: %[1]s; вчера в этот час %[4]s, неделю назад %[5]s",
		"chance of such a difference by accident: %s at most":                   "вероятность такой разницы случайно: не больше %s",
		"What makes it": "Из чего он",

		"blocked": "заблокировано", "page not found": "страница не найдена", "layout changed": "изменилась вёрстка", "no access": "нет доступа",
		"page cut off": "страница оборвана", "no answer": "нет ответа", "forbidden by robots.txt": "запрещено robots.txt",

		"topic delivery": "доставка", "topic staff": "персонал", "topic price": "цена", "topic quality": "качество", "topic app": "приложение", "topic payment": "оплата",
		"topic returns": "возврат", "topic support": "поддержка", "topic cleanliness": "чистота", "topic food": "еда", "topic security": "безопасность",
		"topic advertising": "реклама", "topic spam": "спам",
	}
}

// english holds the phrases whose keys are words for a kind.
func english() map[string]string {
	return map[string]string{
		"norm take": "take", "norm acknowledge": "acknowledge", "norm answer": "answer", "norm visible": "answer visible",
		"interval crawl": "published → found", "interval delivery": "found → delivered", "interval take": "delivered → taken",
		"interval answer": "taken → answered", "interval visible": "answered → visible on the site",
		"charged to system": "system", "charged to people": "people", "charged to site": "site",
	}
}
