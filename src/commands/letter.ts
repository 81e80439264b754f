/** The patient's letter, in German: where, when and how to dial in, and what becomes of the data. */
import type { MintedCode } from './server.ts'

/** What the practice sends to a patient. `sealed`: the link has the practice's seal. Times are those on the clocks of the zone, which has a name in everyday German. */
export function letter({ code, link, notBefore, expiresAt }: MintedCode, timeZone: string, sealed: boolean): string {
  const format = new Intl.DateTimeFormat('de-DE', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  })
  const when = (instant: number) => `${format.format(instant)} Uhr`
  return `Ihre Videosprechstunde

Guten Tag,

für Ihren Termin bei uns brauchen Sie nur einen Browser und diesen Einwahlcode.

  Adresse:  ${link.split('#', 1)[0]}
  Code:     ${code}
  Gültig:   ${when(notBefore)}
      bis   ${when(expiresAt)} (${nameOf(timeZone)})

${sealed ? 'Am besten direkt, der Code ist dann schon eingetragen, und der Link ist von uns versiegelt:' : 'Oder direkt, der Code ist dann schon eingetragen:'}
  ${link}

An einem Computer, den auch andere benutzen, tippen Sie Adresse und Code lieber ab: Der Code aus dem Link
bleibt dort im Verlauf des Browsers stehen.

So geht es:
  1. Öffnen Sie ${sealed ? 'den Link' : 'die Adresse'} einige Minuten vor dem Termin. Es ist nichts zu installieren, und Sie
     brauchen kein Benutzerkonto.
  2. Geben Sie den Code und Ihren Namen ein. Groß- und Kleinschreibung, Leerzeichen und Bindestriche
     spielen beim Code keine Rolle.
  3. Erlauben Sie dem Browser, Kamera und Mikrofon zu benutzen, wenn er danach fragt.
  4. Sie sind nun im virtuellen Wartezimmer. Bleiben Sie einfach auf der Seite: Wir holen Sie herein.
     Andere Wartende sehen Sie nicht, und Sie werden von ihnen nicht gesehen.
  5. Zum Schluss legen Sie auf und schließen die Seite. Bricht die Verbindung ab, öffnen Sie
     ${sealed ? 'den Link' : 'die Adresse'} noch einmal; derselbe Code gilt weiter.

Das brauchen Sie: einen Computer, ein Tablet oder ein Telefon mit Kamera und Mikrofon, eine stabile
Internetverbindung und eine aktuelle Fassung von Firefox, Chrome, Edge oder Safari.

Zum Datenschutz:
  - Bild und Ton sind Ende-zu-Ende verschlüsselt. Der Server vermittelt nur die Verbindung; Bild und Ton
    gehen nicht über ihn und werden nicht aufgezeichnet.
${sealed ? SEALED : TYPED}
  - Ihren Namen sehen wir und, in einer Gruppe, die anderen Teilnehmenden. Der Server kann ihn lesen,
    solange Sie eingewählt sind, schreibt ihn aber nicht auf. Ihr Browser merkt sich Code und Namen, bis
    Sie das Fenster schließen. Technische Angaben zum Termin (zum Beispiel Beginn und Dauer) speichert
    der Server; sie werden spätestens nach drei Monaten gelöscht.
  - Suchen Sie sich einen ruhigen, geschlossenen Raum, in dem Sie ungestört sind. Sagen Sie uns am
    Anfang, wenn noch jemand bei Ihnen ist.
  - Aufnahmen jeder Art, auch Fotos vom Bildschirm, sind beiden Seiten nicht erlaubt.
  - Der Code ist nur für Sie. Bitte geben Sie ihn nicht weiter.
`
}

function nameOf(timeZone: string): string {
  if (timeZone === 'Europe/Berlin') return 'deutsche Zeit'
  const format = new Intl.DateTimeFormat('de-DE', { timeZone, timeZoneName: 'longGeneric' })
  return format.formatToParts().find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
}

/** No page can vouch for itself. */
const PAGE = `  - Das setzt voraus, dass die Seite selbst echt ist: Wer sie ausliefert, könnte eine veränderte ausliefern.`

const SEALED = `  - Ihr Link trägt unser Siegel. Daran erkennt die Seite in Ihrem Browser unsere Praxis und verbindet Sie
    mit niemandem sonst, auch wenn die Vermittlung angegriffen wird. Tippen Sie nur den Code ab, fehlt
    das Siegel; lesen wir uns dann die Sicherheitsnummer vor, die auf beiden Seiten steht. Ist sie
    gleich, ist niemand dazwischen.
${PAGE}`

const TYPED = `  - Wer den Server betreibt, könnte versuchen, sich dazwischenzuschalten. Darum steht im Gespräch auf
    beiden Seiten eine Sicherheitsnummer mit sechs Ziffern: Lesen wir sie uns vor, und sie ist gleich, ist
    niemand dazwischen.
${PAGE}`
