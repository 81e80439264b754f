/**
 * The data inventory: everything that this program keeps, where, what for, and until when. A test compares
 * it with the database; the documents for data protection officers are made from it, hence in German.
 */

import { YEARS_KEPT } from './deletions.ts'

/** A kind of data (Datenart after DIN 66398). Where it is a table, `columns` says what each column is for. */
export type DataCategory = {
  /** `database`, `file`, `memory` or `log`. */
  where: 'database' | 'file' | 'memory' | 'log'
  /** The table, the file, or what people call it. */
  name: string
  /** What people call it, where `name` is a table or a file. */
  title?: string
  /** The deletion class (Löschklasse after DIN 66398): where the period starts, and how long it is. */
  deletionClass: string
  purpose: string
  /** The legal ground on which a practice may usually have it processed. */
  ground: string
  /** How those who take part are told of it in plain words, and until when; absent where it is not about them. */
  told?: string
  /** What starts the period. */
  starts: string
  /** When it is gone, at the latest. */
  deleted: string
  columns: Readonly<Record<string, string>>
}

export type Periods = { retentionDays: number; sweepMinutes: number; resumeSeconds: number }

const TREATMENT =
  'Art. 6 Abs. 1 lit. b, Art. 9 Abs. 2 lit. h DSGVO (Behandlung); wo eine Einwilligung verlangt ist, Art. 9 Abs. 2 lit. a DSGVO'
const SECURITY = 'Art. 6 Abs. 1 lit. f, Art. 32 DSGVO (Sicherheit der Verarbeitung)'
const PROOF = 'Art. 6 Abs. 1 lit. c, Art. 5 Abs. 2 DSGVO (Rechenschaftspflicht)'
const EMPLOYEES = 'bei Beschäftigten § 26 BDSG, soweit anwendbar, sonst Art. 6 Abs. 1 lit. f DSGVO'
/** What is given up in memory is not overwritten: nobody finds it any more, but whoever reads all of it may. */
const FREED =
  'im selben Augenblick freigegeben; bis der Speicher neu belegt wird, können Reste darin stehen; auf keinen Datenträger geschrieben'

/** All that is kept, with the periods of this configuration. */
export function inventory({ retentionDays, sweepMinutes, resumeSeconds }: Periods): readonly DataCategory[] {
  const sweep = `mit dem nächsten Löschlauf (alle ${sweepMinutes} Minuten)`
  const days = retentionDays === 1 ? '1 Tag' : `${retentionDays} Tage`
  /** What lies in tables by day goes with its whole table. */
  const withItsDay = `sobald der Tag um ist, an dem das Letzte dieses Tages fällig wird, ${sweep}`
  const retention = `${days} danach nicht mehr abrufbar; gelöscht, ${withItsDay}`
  const fromOrigin = `Entstehung + ${days}`
  const dayAfterEnd = 'Ende des Vorgangs + 1 Tag'
  const atEnd = 'Ende des Vorgangs, ohne Frist'
  const byOperator = 'vom Betreiber festzulegen'
  return [
    {
      where: 'database',
      name: 'sessions',
      title: 'Verbindungsnachweise',
      deletionClass: fromOrigin,
      purpose: 'Verbindungsnachweis: dass, wann und wie lange eine Videositzung stattgefunden hat',
      ground: TREATMENT,
      told: `wann unser Gespräch begann und endete, wie viele teilnahmen, in welchem Sprechzimmer, und die Kennung des Termins, ohne Ihren Namen: ${days} nach Beginn nicht mehr abrufbar, in den zwei Tagen danach gelöscht`,
      starts: 'Beginn der Sitzung',
      deleted: `${retention}; auf Verlangen sofort`,
      columns: {
        id: 'Nummer der Sitzung: ihr Beginn und eine Zufallszahl (UUID Version 7)',
        room: 'Sprechzimmer, wie die Praxis es nennt',
        started_at: 'Beginn: der erste Einlass',
        ended_at: 'Ende',
        participants: 'Zahl der Beteiligten, die Praxis eingeschlossen',
        reason: 'wodurch sie endete',
        reference: 'pseudonyme Kennung des Termins, falls die Praxis eine vergeben hat',
        codes: 'Nummern der beteiligten Einwahlcodes, um die Beteiligten zu zählen; am Ende der Sitzung geleert',
        cut_off: 'wann der Server abbrach, falls er abbrach; am Ende der Sitzung geleert',
      },
    },
    {
      where: 'database',
      name: 'codes',
      title: 'Einwahlcodes',
      deletionClass: dayAfterEnd,
      purpose: 'Einlass: wer wann in welches Sprechzimmer darf',
      ground: TREATMENT,
      told: 'ein Prüfwert Ihres Einwahlcodes, wann er gilt, für welches Sprechzimmer und welchen Termin: einen Tag nach Ablauf nicht mehr verwendbar, in den zwei Tagen danach gelöscht',
      starts: 'Ablauf des Codes',
      deleted: `1 Tag danach, spätestens 88 Tage nach seiner Ausstellung nicht mehr verwendbar; gelöscht, ${withItsDay}; auf Verlangen sofort`,
      columns: {
        id: 'Nummer des Codes: Zeitpunkt seiner Ausstellung und eine Zufallszahl (UUID Version 7)',
        room: 'Sprechzimmer, in das er führt',
        role: 'ob er für die Praxis oder für Patienten gilt',
        hash: 'Prüfwert (HMAC-SHA-256) des Codes; der Code selbst ist nirgends gespeichert',
        reference: 'pseudonyme Kennung des Termins, falls die Praxis eine vergeben hat',
        guests: 'wie viele Patienten zugleich eingelassen werden können',
        not_before: 'ab wann er gilt',
        expires_at: 'bis wann er gilt',
        created_at: 'wann er ausgestellt wurde',
        revoked_at: 'wann er widerrufen wurde',
        mint: 'Prüfwert des Schlüssels (Idempotency-Key), den die Praxissoftware mitschickt, damit ein Auftrag nicht zweimal ausgeführt wird',
        request: 'Prüfwert des Auftrags',
        salt: 'Zufallswert, aus dem zusammen mit den beiden geheimen Schlüsseln dieselben Codes wieder entstehen',
      },
    },
    {
      where: 'database',
      name: 'code_key',
      title: 'Prüfwert des Schlüssels',
      deletionClass: byOperator,
      purpose: 'dass der Server nicht mit einem anderen Schlüssel startet, mit dem kein Code mehr gilt',
      ground: 'kein Personenbezug',
      starts: 'Wechsel des Schlüssels',
      deleted: 'durch den Betreiber',
      columns: {
        proof: 'Prüfwert (HMAC-SHA-256), der zeigt, ob der Schlüssel code.key derselbe ist',
        last_code: 'bei einem früheren Schlüssel: Nummer des letzten Codes, der mit ihm ausgestellt wurde',
      },
    },
    {
      where: 'database',
      name: 'seats',
      title: 'Plätze',
      deletionClass: atEnd,
      purpose: 'dass niemand aus dem Wartezimmer fällt, wenn die Verbindung oder der Server ausfällt',
      ground: TREATMENT,
      told: `Ihr Platz im Wartezimmer oder im Gespräch, ohne Ihren Namen: bis Sie gehen oder länger als ${resumeSeconds} Sekunden nicht verbunden sind; aus den Dateien mit dem nächsten Löschlauf (alle ${sweepMinutes} Minuten)`,
      starts: `Verlassen, Abbruch der Verbindung für länger als ${resumeSeconds} Sekunden, oder ${retentionDays} Tage`,
      deleted: `im selben Augenblick aus der Tabelle, aus den Dateien ${sweep}`,
      columns: {
        peer: 'zufällige Nummer des Platzes',
        room: 'Sprechzimmer',
        role: 'Praxis oder Patient',
        state: 'wartend oder eingelassen',
        code: 'Nummer des Codes',
        since: 'seit wann',
        turn: 'Reihenfolge des Einlasses',
        guests: 'wie viele Patienten zugleich eingelassen werden können',
        reference: 'pseudonyme Kennung des Termins, falls die Praxis eine vergeben hat',
        token: 'Prüfwert (HMAC-SHA-256) des Schlüssels, mit dem der Browser auf seinen Platz zurückkehrt',
        epoch: 'Zählung der Neustarts',
        last_id: 'Zähler der verarbeiteten Nachrichten',
      },
    },
    {
      where: 'database',
      name: 'audit',
      title: 'Verwaltungsprotokoll',
      deletionClass: fromOrigin,
      purpose: 'Nachvollziehbarkeit: welcher Zugang was getan hat, auch jede Löschung auf Verlangen',
      ground: `${PROOF}; ${EMPLOYEES}`,
      told: `wer von uns wann einen Einwahlcode für Sie ausgestellt, verschoben oder gelöscht hat, mit dessen Nummer: ${days} lang abrufbar, in den zwei Tagen danach gelöscht`,
      starts: 'Handlung',
      deleted: retention,
      columns: {
        id: 'Nummer der Zeile: Zeitpunkt und eine Zufallszahl (UUID Version 7)',
        at: 'wann',
        admin: 'Name des Zugangs',
        action: 'was',
        target:
          'Nummer des Codes oder der Sitzung; nach deren Löschung führt sie zu nichts mehr, nennt aber weiter den Zeitpunkt, der in ihr steht',
        rooms: 'wessen Sprechzimmer es betraf: womit deren Namen beginnen, bei mehreren Praxen auf einem Server',
      },
    },
    {
      where: 'database',
      name: 'minted',
      title: 'Ausgestellte Codes je Tag',
      deletionClass: dayAfterEnd,
      purpose: 'dass keine Praxis mehr Codes ausstellt, als für sie vorgesehen sind',
      ground: 'kein Personenbezug',
      starts: 'Beginn des Tages (UTC)',
      deleted: `sobald der Tag um ist, ${sweep}`,
      columns: {
        id: 'womit die Namen der Sprechzimmer einer Praxis beginnen',
        codes: 'wie viele Codes sie an diesem Tag ausgestellt hat',
      },
    },
    {
      where: 'database',
      name: 'deletions',
      title: 'Löschprotokoll',
      deletionClass: `Ende des Jahres + ${YEARS_KEPT} Jahre`,
      purpose: 'Nachweis, dass gelöscht wird: was an welchem Tag, wie viel davon, bis zu welchem Tag',
      ground: `${PROOF}; nur Zahlen und Zeitpunkte des Löschens, keine Angaben über Personen`,
      starts: 'Ende des Jahres, in dem gelöscht wurde',
      deleted: `mit dem ersten Löschlauf, nachdem ${YEARS_KEPT} weitere Jahre um sind`,
      columns: {
        id: 'Nummer der Zeile: Zeitpunkt der ersten Löschung dieses Tages und eine Zufallszahl (UUID Version 7)',
        day: 'Tag (UTC)',
        cause: 'Anlass: Ablauf der Frist (Löschlauf) oder auf Verlangen',
        kind: 'Art: Einwahlcodes, Verbindungsnachweise, Verwaltungsprotokoll, Löschprotokoll',
        first_at: 'wann an diesem Tag zum ersten Mal',
        last_at: 'wann an diesem Tag zum letzten Mal',
        runs: 'wie oft an diesem Tag, auch wenn nichts fällig war',
        failed: 'wie oft davon vergeblich',
        deleted: 'wie viele Zeilen gelöscht wurden',
        until: 'aus der Zeit vor diesem Tag ist nichts mehr da',
        wiped: 'ob auch die Bytes aus den Dateien verschwunden sind',
      },
    },
    {
      where: 'database',
      name: 'process',
      title: 'Lebenszeichen',
      deletionClass: 'laufend überschrieben',
      purpose: 'das Ende von Sitzungen festzustellen, die ein Absturz abbrach',
      ground: 'kein Personenbezug',
      starts: 'Eintrag',
      deleted: 'nach einer Minute überschrieben',
      columns: { last_alive: 'wann der Server zuletzt lief' },
    },
    {
      where: 'file',
      name: 'code.key, admin-token',
      title: 'Schlüssel und Zugang',
      deletionClass: byOperator,
      purpose: 'geheimer Schlüssel der Prüfwerte; erster Zugang zur Verwaltung',
      ground: 'kein Personenbezug',
      starts: 'Wechsel des Schlüssels oder Zugangs',
      deleted: 'durch den Betreiber',
      columns: {},
    },
    {
      where: 'memory',
      name: 'Namen',
      deletionClass: atEnd,
      purpose: 'damit die Praxis sieht, wer wartet',
      ground: TREATMENT,
      told: 'Ihr Name, nur im Arbeitsspeicher: solange Sie Ihren Platz haben, in Meldungen an andere, bis sie angekommen sind; Reste können dort stehen, bis der Speicher neu belegt wird',
      starts: `Verlassen, oder Abbruch der Verbindung für länger als ${resumeSeconds} Sekunden; in Meldungen an andere Beteiligte, sobald diese sie bestätigt haben oder ihren Platz aufgeben`,
      deleted: FREED,
      columns: {},
    },
    {
      where: 'memory',
      name: 'Mitteilungen und Vermittlungsdaten (SDP, ICE-Kandidaten mit IP-Adressen)',
      deletionClass: atEnd,
      purpose:
        'Weiterleitung an den anderen Browser, Wiederholung nach einem Verbindungsabbruch; vom Server nicht ausgewertet',
      ground: TREATMENT,
      told: 'unsere Mitteilungen an Sie und die technischen Angaben, mit denen sich die Browser finden, darunter IP-Adressen, nur im Arbeitsspeicher: bis sie angekommen sind oder Sie gehen',
      starts: 'Bestätigung des Empfangs, oder Aufgabe des Platzes',
      deleted: FREED,
      columns: {},
    },
    {
      where: 'memory',
      name: 'IP-Adressen der Verbindungen',
      deletionClass: atEnd,
      purpose: 'die Verbindung selbst, und wie viele eine Adresse zugleich offen hält',
      ground: SECURITY,
      told: 'die IP-Adresse Ihres Anschlusses, nur im Arbeitsspeicher: solange die Verbindung besteht',
      starts: 'Ende der Verbindung',
      deleted: FREED,
      columns: {},
    },
    {
      where: 'memory',
      name: 'IP-Adressen, von denen falsche Codes oder Anfragen kamen (IPv6: nur das Netz, /64)',
      deletionClass: 'Ende des Vorgangs + 2 Stunden',
      purpose: 'Schutz vor dem Erraten von Codes und vor Überlastung',
      ground: SECURITY,
      told: 'die IP-Adresse Ihres Anschlusses, nur im Arbeitsspeicher, um das Erraten von Codes und Überlastung abzuwehren: nach einer Anfrage 3 Minuten, nach einem falschen Code 2 Stunden',
      starts: 'der letzte falsche Code; die letzte Anfrage',
      deleted:
        'spätestens 2 Stunden nach dem falschen Code, 3 Minuten nach der Anfrage freigegeben; auf keinen Datenträger geschrieben',
      columns: {},
    },
    {
      where: 'log',
      name: 'Protokollzeilen auf der Standardausgabe',
      deletionClass: byOperator,
      purpose: 'Betrieb: Start, Ende, Löschläufe, Störungen',
      ground: 'kein Personenbezug: keine Namen, Codes, Schlüssel, Adressen oder Inhalte',
      starts: 'Ausgabe',
      deleted: 'durch den Betreiber',
      columns: {},
    },
  ]
}
