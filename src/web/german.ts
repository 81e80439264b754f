/** Every word that the pages say, in German. The English texts have the same shape, by type. */
import type { Over } from '../client/client.ts'
import type { CloseReason, ErrorCode } from '../protocol/errors.ts'
import type { HostPresence, LeaveReason } from '../protocol/messages.ts'

type Message = { title: string; text: string }

/** What a refusal means for the person in front of the screen, and what to do next. */
const errors: Record<ErrorCode, string> = {
  bad_frame: 'Es gab ein technisches Problem. Bitte laden Sie die Seite neu.',
  bad_message: 'Es gab ein technisches Problem. Bitte laden Sie die Seite neu.',
  not_joined: 'Sie sind noch nicht eingewählt. Bitte wählen Sie sich neu ein.',
  already_joined: 'Sie sind bereits eingewählt.',
  forbidden: 'Das ist hier nicht möglich.',
  wrong_state: 'Das geht im Moment nicht. Bitte versuchen Sie es gleich noch einmal.',
  no_such_peer: 'Diese Person ist nicht mehr da.',
  room_full: 'Es ist gerade kein weiterer Platz frei. Bitte versuchen Sie es etwas später noch einmal.',
  code_malformed: 'Der Code stimmt noch nicht ganz. Bitte vergleichen Sie ihn mit Ihrer Einladung.',
  code_unknown: 'Diesen Code kennen wir nicht. Bitte vergleichen Sie ihn noch einmal mit Ihrer Einladung.',
  code_too_early: 'Ihr Code gilt noch nicht. Bitte kommen Sie zum vereinbarten Termin wieder.',
  code_expired: 'Dieser Code ist abgelaufen. Bitte lassen Sie sich einen neuen geben.',
  code_revoked: 'Dieser Code gilt nicht mehr. Bitte lassen Sie sich einen neuen geben.',
  code_in_use:
    'Ihr Platz ist schon auf einem anderen Gerät oder in einem anderen Fenster geöffnet. Sind Sie das? Dann machen Sie hier weiter.',
  name_required: 'Bitte geben Sie Ihren Namen ein, damit die Praxis weiß, wer wartet.',
  name_invalid:
    'Dieser Name lässt sich so nicht verwenden. Bitte tippen Sie ihn noch einmal, mit höchstens 64 Zeichen.',
  seat_expired: 'Die Verbindung war unterbrochen. Bitte wählen Sie sich noch einmal ein.',
  throttled: 'Von hier kamen gerade zu viele Anfragen. Bitte warten Sie einen Moment.',
  server_busy: 'Der Dienst ist gerade ausgelastet. Bitte versuchen Sie es in einer Minute noch einmal.',
  internal: 'Auf unserer Seite ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.',
}

/** After these the page connects again by itself, and says only why it takes a moment. */
const reconnecting: Record<Exclude<CloseReason, Over['reason']> | 'lost', string> = {
  lost: 'Die Verbindung wird wiederhergestellt. Ihr Platz bleibt erhalten.',
  restarting: 'Der Dienst startet kurz neu. Ihr Platz bleibt erhalten.',
  too_slow: 'Ihre Verbindung ist gerade langsam. Sie wird wiederhergestellt, Ihr Platz bleibt erhalten.',
  join_timeout: 'Die Verbindung brauchte zu lange. Wir versuchen es noch einmal.',
  throttled: 'Von hier kamen zu viele Versuche. Gleich geht es von selbst weiter.',
  frame_too_large: 'Verbindung wird wiederhergestellt, Ihr Platz bleibt erhalten.',
}

/** How a visit ends. `refused` stands for a refusal that has no better words of its own. */
const over: Record<Over['reason'], Message> = {
  left: {
    title: 'Auf Wiedersehen',
    text: 'Sie haben die Videosprechstunde verlassen, Kamera und Mikrofon sind aus. Alles Gute!',
  },
  ended: {
    title: 'Das Gespräch ist beendet',
    text: 'Kamera und Mikrofon sind aus. Sie können dieses Fenster schließen. Alles Gute!',
  },
  denied: {
    title: 'Im Moment geht es leider nicht',
    text: 'Die Praxis kann Sie im Moment nicht hereinbitten. Bei Fragen rufen Sie bitte in der Praxis an.',
  },
  replaced: {
    title: 'An anderer Stelle geöffnet',
    text: 'Ihr Platz wurde in einem anderen Fenster oder auf einem anderen Gerät übernommen. Dieses Fenster können Sie schließen.',
  },
  seat_expired: {
    // Also where the conversation was ended meanwhile: nobody remembers why a seat is gone.
    title: 'Sie sind nicht mehr eingewählt',
    text: 'Die Verbindung war unterbrochen. Wenn Sie noch mit der Praxis sprechen möchten, wählen Sie sich einfach noch einmal ein.',
  },
  revoked: {
    title: 'Der Code gilt nicht mehr',
    text: 'Er wurde zurückgenommen. Bitte lassen Sie sich einen neuen geben.',
  },
  not_safe: {
    title: 'Das Gespräch wurde sicherheitshalber beendet',
    text: 'Die Sicherheitsnummern waren nicht gleich. Jemand könnte die Verbindung abgehört haben. Bitte rufen Sie in der Praxis an, bevor Sie sich neu einwählen.',
  },
  refused: { title: 'Das Einwählen hat nicht geklappt', text: 'Bitte versuchen Sie es noch einmal.' },
  too_many_refusals: { title: 'Es gab ein technisches Problem', text: 'Bitte wählen Sie sich noch einmal ein.' },
}

/** Words that stand in the HTML, by their `data-text` and `data-label`. */
const html = {
  brand: 'Videosprechstunde',
  skip: 'Zum Inhalt springen',
  welcome: 'Willkommen zur Videosprechstunde',
  welcomeText:
    'Geben Sie Ihren Code und Ihren Namen ein. Danach sind Sie im Wartezimmer, bis die Praxis Sie hereinbittet.',
  practiceWelcome: 'Ihr Sprechzimmer',
  practiceWelcomeText: 'Öffnen Sie das Sprechzimmer mit Ihrem Code. Dann sehen Sie, wer im Wartezimmer ist.',
  code: 'Ihr Code',
  codeHint: 'Er steht in Ihrer Einladung. Groß- und Kleinschreibung und Bindestriche spielen keine Rolle.',
  hostCodeHint: 'Er hat 16 Zeichen. Groß- und Kleinschreibung und Bindestriche spielen keine Rolle.',
  name: 'Ihr Name',
  nameHint:
    'Unter diesem Namen sieht Sie die Praxis, in einer Gruppe auch die anderen. Der Server speichert ihn nicht; dieses Fenster merkt ihn sich, bis Sie es schließen.',
  hostName: 'Ihr Name (freiwillig)',
  hostNameHint: 'So werden Sie im Gespräch angezeigt.',
  enter: 'Wartezimmer betreten',
  open: 'Sprechzimmer öffnen',
  cancel: 'Abbrechen',
  takeOver: 'Hier weitermachen',
  privacy:
    'Bild und Ton sind auf dem ganzen Weg zwischen Ihnen und der Praxis verschlüsselt. Dieser Dienst zeichnet nichts auf und verwendet keine Cookies.',
  history:
    'Der Link aus Ihrer Einladung bleibt mit dem Code im Verlauf dieses Browsers. An einem fremden Gerät geben Sie Adresse und Code lieber von Hand ein.',
  preview: 'Ihr Bild',
  ownPicture: 'Ihr eigenes Bild',
  previewText: 'Sehen Sie in Ruhe nach, ob Kamera und Mikrofon bereit sind. Nur Sie sehen dieses Bild.',
  tryCamera: 'Kamera und Mikrofon einschalten',
  waiting: 'Sie sind im Wartezimmer',
  waitingText:
    'Lassen Sie dieses Fenster einfach geöffnet. Sobald die Praxis Sie hereinbittet, beginnt das Gespräch von selbst.',
  notices: 'Nachrichten der Praxis',
  leaveWaiting: 'Wartezimmer verlassen',
  call: 'Im Gespräch',
  participants: 'Wer im Gespräch ist',
  controls: 'Mikrofon, Kamera und Auflegen',
  hangUp: 'Auflegen',
  sound: 'Ton einschalten',
  returning: 'Einen Moment bitte',
  again: 'Noch einmal einwählen',
  lobby: 'Wartezimmer',
  nobodyWaits: 'Zurzeit wartet niemand.',
  inSession: 'Im Gespräch',
  noticeAll: 'Nachricht an alle Wartenden',
  closeRoom: 'Sprechzimmer schließen',
  endSession: 'Gespräch beenden',
  empty: 'Gerade kein Gespräch',
  emptyText: 'Sobald Sie jemanden aus dem Wartezimmer hereinbitten, sehen und hören Sie einander hier.',
  back: 'Zurück',
  later: 'Später vergleichen',
  devices: 'Kamera, Mikrofon, Lautsprecher',
  devicesShort: 'Kamera und Ton einstellen',
  chooseDevices: 'Kamera und Ton einstellen und prüfen',
  chooseCamera: 'Kamera',
  chooseMicrophone: 'Mikrofon',
  chooseSpeaker: 'Lautsprecher',
  level: 'Lautstärke Ihres Mikrofons',
  tone: 'Testton abspielen',
  done: 'Fertig',
  imprint: 'Impressum',
  privacyNotice: 'Datenschutz',
  accessibility: 'Barrierefreiheit',
  legalMissing:
    'Für die Technik: Es fehlen Verweise auf Impressum und Datenschutzhinweise: WZ_IMPRINT_URL, WZ_PRIVACY_URL.',
  held: 'Die Praxis hat Sie für einen Moment zurück ins Wartezimmer gebeten.',
  practiceKey: 'Praxisschlüssel',
  practiceKeyFile: 'Schlüsseldatei',
  chat: 'Chat',
  chatHint: 'Von Browser zu Browser, nicht über den Server. Nach dem Gespräch ist der Chat gelöscht.',
  chatLine: 'Nachricht im Chat',
  chatSend: 'Senden',
  close: 'Schließen',
  alone: 'Gleich ist jemand bei Ihnen.',
  more: 'Mehr',
  microphone: 'Mikrofon',
  camera: 'Kamera',
  end: 'Beenden',
  callMe: 'Hinweis, wenn ich an der Reihe bin',
  callPractice: 'Hinweis, wenn jemand kommt',
  callSound: 'Ton',
  callNotification: 'Browser-Benachrichtigung',
  undo: 'Rückgängig',
  useIt: 'Benutzen',
  notNow: 'Jetzt nicht',
  forgetKey: 'Praxisschlüssel entfernen',
  safetyTitle: 'Sicherheit dieses Gesprächs',
  safetySame: 'Ja, sie ist gleich',
  safetyDifferent: 'Nicht gleich: Gespräch beenden',
}

/** What is said otherwise to a practice than to patients. */
const practiceErrors: Partial<Record<ErrorCode, string>> = {
  code_malformed: 'Der Code stimmt noch nicht ganz. Der Code für das Sprechzimmer hat 16 Zeichen.',
  code_unknown: 'Diesen Code gibt es nicht. Bitte prüfen Sie ihn, oder erstellen Sie einen neuen.',
  code_expired: 'Dieser Code ist abgelaufen. Bitte erstellen Sie einen neuen.',
  code_revoked: 'Dieser Code wurde zurückgenommen. Bitte erstellen Sie einen neuen.',
  code_in_use:
    'Dieser Platz ist schon auf einem anderen Gerät oder in einem anderen Fenster belegt, vielleicht von Ihnen selbst. Wenn Sie hier weitermachen, wird die Seite dort geschlossen.',
  room_full: 'Im Sprechzimmer ist kein Platz mehr frei.',
  seat_expired: 'Die Verbindung war unterbrochen. Bitte öffnen Sie das Sprechzimmer noch einmal.',
}

const practiceOver: Partial<Record<Over['reason'], Message>> = {
  left: {
    title: 'Das Sprechzimmer ist geschlossen',
    text: 'Kamera und Mikrofon sind aus. Wer noch im Wartezimmer ist, liest dort, dass Sie nicht da sind.',
  },
  replaced: {
    title: 'An anderer Stelle geöffnet',
    text: 'Dieser Platz wurde in einem anderen Fenster oder auf einem anderen Gerät übernommen. Ein laufendes Gespräch geht dort weiter.',
  },
  seat_expired: {
    title: 'Nicht mehr mit dem Sprechzimmer verbunden',
    text: 'Die Verbindung war unterbrochen. Öffnen Sie das Sprechzimmer einfach noch einmal. Wer wartet, ist noch da.',
  },
  revoked: { title: 'Der Code gilt nicht mehr', text: 'Er wurde zurückgenommen. Bitte erstellen Sie einen neuen.' },
}

export const german = {
  locale: 'de',
  /** The language by its own name, how its speakers are asked to switch to it, and which way it is written. */
  own: { name: 'Deutsch', switchTo: 'Auf Deutsch umschalten', dir: 'ltr' as 'ltr' | 'rtl' },
  practiceErrors,
  practiceOver,
  html,
  errors,
  reconnecting,
  over,
  returning: 'Sie kommen gleich an Ihren Platz zurück.',
  connecting: 'Verbindung wird aufgebaut …',
  unreachable: 'Der Dienst ist gerade nicht zu erreichen. Wir versuchen es weiter …',
  practiceKey: {
    none: 'Verschickt Ihre Praxis versiegelte Links, dann wählen Sie hier ihre Schlüsseldatei. Sie bleibt in diesem Browser.',
    loaded: (name: string) => `Der Praxisschlüssel ${name} ist geladen.`,
    wrong: 'Diese Datei ist kein Praxisschlüssel, oder sie ist beschädigt.',
  },
  codeSealed: 'Der Code ist vollständig. Ihr Link trägt ein Siegel, das beim Verbinden geprüft wird.',
  safety: {
    sealed: 'Versiegelt',
    sealedPractice: 'Versiegelt: Ihre Praxis',
    unsealed: 'Nicht versiegelt',
    number: (number: string) => `Sicherheitsnummer ${number}`,
    checked: (number: string) => `Geprüft: ${number}`,
    failed: 'Nicht sicher',
    sealedByPractice:
      'Dieses Gespräch ist versiegelt: Ihr Browser hat sich überzeugt, dass er mit der Praxis verbunden ist, von der Ihr Link stammt.',
    sealedForGuest:
      'Dieses Gespräch ist versiegelt: Was Sie sagen und zeigen, empfängt nur eine Seite, die mit einem Link Ihrer Praxis geöffnet wurde.',
    howTo: 'Lesen Sie einander die Nummer vor. Ist sie auf beiden Seiten gleich, hört niemand heimlich mit.',
    noNumber: 'Für diese Verbindung gibt es keine Sicherheitsnummer, weil die andere Seite das nicht unterstützt.',
    soon: 'Die Sicherheitsnummer wird gerade ermittelt.',
    failedText:
      'Die Seiten konnten sich auf keine Sicherheitsnummer einigen. Möglicherweise hört jemand mit. Legen Sie auf, und klären Sie es am Telefon.',
    deniedBy: (name: string) =>
      `${name} hat eine andere Sicherheitsnummer gesehen. Das Gespräch wurde deshalb beendet. Rufen Sie bitte an, bevor Sie sich neu verbinden.`,
    refused: {
      not_sealed:
        'Ihr Link ist versiegelt, aber die andere Seite hat sich nicht ausgewiesen. Damit niemand mithört, verbinden wir Sie nicht. Bitte rufen Sie in der Praxis an.',
      no_key:
        'Die Praxis hat ihren Schlüssel noch nicht geladen. Sobald sie das tut, geht es von selbst weiter. Bis dahin sind Sie nicht verbunden.',
      other_key:
        'Die andere Seite hat sich mit einem anderen Schlüssel ausgewiesen als dem Ihrer Praxis. Damit niemand mithört, verbinden wir Sie nicht. Bitte rufen Sie in der Praxis an.',
      broken:
        'Die andere Seite konnte nicht beweisen, dass sie Ihre Praxis ist. Damit niemand mithört, verbinden wir Sie nicht. Bitte rufen Sie in der Praxis an.',
      no_crypto:
        'Ihr Browser kann das Siegel Ihres Links nicht prüfen. Bitte nehmen Sie einen neueren Browser, oder rufen Sie in der Praxis an.',
    },
    refusedHere: {
      not_sealed: 'Der Link dieser Person ist versiegelt, aber es kam etwas ohne Siegel an. Bitte rufen Sie dort an.',
      no_key: 'Der Link dieser Person ist versiegelt. Laden Sie den Praxisschlüssel, dann geht es von selbst weiter.',
      other_key:
        'Der Link dieser Person ist mit einem anderen Praxisschlüssel versiegelt. Laden Sie den richtigen, dann geht es von selbst weiter.',
      broken: 'Die Seite dieser Person konnte nicht prüfen, was von hier kam. Bitte rufen Sie dort an.',
      no_crypto: 'Der Browser dieser Person kann das Siegel nicht prüfen. Bitte rufen Sie dort an.',
    },
  },
  notBefore: (time: string) => `Ihr Code gilt erst ab ${time} Uhr. Bitte kommen Sie dann wieder.`,
  roomFullHost:
    'Im Gespräch ist kein Platz mehr frei. Beenden Sie es zuerst, oder bitten Sie jemanden zurück ins Wartezimmer.',
  codeGood: 'Der Code ist vollständig.',
  codeMissing: 'Bitte geben Sie Ihren Code ein.',
  codeForHosts: 'Das ist der Code einer Praxis. Er gehört auf die Seite für das Sprechzimmer.',
  codeForGuests: 'Das ist ein Code für Patientinnen und Patienten. Hier wird der längere Code der Praxis gebraucht.',
  host: {
    present: 'Die Praxis ist da und sieht, dass Sie warten.',
    away: 'Die Praxis ist gerade nicht verbunden. Ihr Platz im Wartezimmer bleibt Ihnen.',
    absent: 'Die Praxis ist noch nicht da. Sie sind hier richtig und brauchen nichts weiter zu tun.',
  },
  hostGone: 'Die Praxis ist nicht mehr da. Sie können hier warten, ob sie wiederkommt, oder das Wartezimmer verlassen.',
  camera: {
    asking: 'Ihr Browser fragt gerade nach Kamera und Mikrofon. Bitte wählen Sie „Zulassen“.',
    on: 'Kamera und Mikrofon sind bereit.',
    /** Neither of the two. */
    both: {
      refused:
        'Der Browser darf Kamera und Mikrofon nicht benutzen. Sie sehen und hören die andere Seite trotzdem, man sieht und hört Sie aber nicht.',
      missing:
        'Es wurden weder Kamera noch Mikrofon gefunden. Sie sehen und hören die andere Seite trotzdem, man sieht und hört Sie aber nicht.',
      busy: 'Kamera und Mikrofon werden gerade von einem anderen Programm benutzt. Schließen Sie es, und schalten Sie beide hier wieder ein.',
    },
    audio: {
      refused: 'Man hört Sie nicht: Der Browser darf das Mikrofon nicht benutzen.',
      missing: 'Man hört Sie nicht: Es wurde kein Mikrofon gefunden.',
      busy: 'Man hört Sie nicht: Ein anderes Programm benutzt das Mikrofon. Schließen Sie es, und schalten Sie das Mikrofon hier ein.',
      gone: 'Man hört Sie nicht: Das Mikrofon wurde getrennt. Sobald eines da ist, geht es von selbst weiter.',
      insecure: '',
    },
    video: {
      refused: 'Man sieht Sie nicht: Der Browser darf die Kamera nicht benutzen.',
      missing: 'Man sieht Sie nicht: Es wurde keine Kamera gefunden.',
      busy: 'Man sieht Sie nicht: Ein anderes Programm benutzt die Kamera. Schließen Sie es, und schalten Sie die Kamera hier ein.',
      gone: 'Man sieht Sie nicht: Die Kamera wurde getrennt. Sobald eine da ist, geht es von selbst weiter.',
      insecure: '',
    },
    /** How somebody who said no says yes, by browser. */
    allow: {
      ios: 'So erlauben Sie es: auf das Symbol in der Adresszeile tippen, dann auf „Website-Einstellungen“.',
      android: 'So erlauben Sie es: auf das Symbol links neben der Adresse tippen, dann auf „Berechtigungen“.',
      firefox:
        'So erlauben Sie es: auf das durchgestrichene Symbol links neben der Adresse klicken und die Sperre entfernen.',
      safari: 'So erlauben Sie es: im Menü „Safari“ auf „Einstellungen für diese Website“ klicken.',
      chromium: 'So erlauben Sie es: auf das Symbol links neben der Adresse klicken und Kamera und Mikrofon zulassen.',
    },
    insecure:
      'Diese Seite wurde ohne sichere Verbindung (https) geöffnet, deshalb gibt der Browser die Kamera nicht frei.',
  },
  noWebRtc:
    'Mit diesem Browser sind Videogespräche nicht möglich, oder sie sind darin abgeschaltet (WebRTC). Bitte nehmen Sie einen anderen, etwa Firefox, Chrome, Edge oder Safari.',
  noMicrophone: 'Es ist kein Mikrofon eingeschaltet.',
  heard: 'Ihr Mikrofon funktioniert.',
  notHeard: 'Sagen Sie etwas: Der Balken bewegt sich, wenn Ihr Mikrofon Sie hört.',
  stuck:
    'Bild und Ton kommen noch nicht an. Wir versuchen es weiter. Wenn es so bleibt, nehmen Sie ein anderes Netz (Mobilfunk statt WLAN), oder rufen Sie einander an.',
  awayTitle: (name: string) => `${name} ist gerade nicht verbunden`,
  awayText: 'Sie können trotzdem hereinbitten: Das Gespräch beginnt, sobald die Person wieder da ist.',
  hangUpTitle: 'Auflegen?',
  hangUpText: 'Das Gespräch endet. Solange Ihr Code gilt, können Sie sich wieder einwählen.',
  endTitle: 'Gespräch beenden?',
  endText: 'Das Gespräch endet für alle Beteiligten.',
  /** Why somebody is not in the session any more; what the practice has done itself needs no words. */
  gone: {
    left: (name: string) => `${name} hat aufgelegt.`,
    expired: (name: string) => `${name} war zu lange nicht verbunden und ist nicht mehr im Gespräch.`,
    replaced: (name: string) => `${name} hat sich noch einmal eingewählt und ist wieder im Wartezimmer.`,
    revoked: (name: string) => `${name} ist nicht mehr im Gespräch: Der Code wurde zurückgenommen.`,
    denied: () => '',
    held: () => '',
    ended: () => '',
  } satisfies Record<LeaveReason, (name: string) => string>,
  theirDevices: (devices: { audio: boolean; video: boolean } | undefined): string =>
    !devices || (devices.audio && devices.video)
      ? ''
      : devices.audio
        ? 'Kamera aus'
        : devices.video
          ? 'Mikrofon aus'
          : 'Kamera und Mikrofon aus',
  newDevice: (name: string) => `Neu angeschlossen: ${name}. Für dieses Gespräch benutzen?`,
  unheard: 'Sie sprechen, aber Ihr Mikrofon ist aus.',
  weak: 'Schwache Verbindung. Oft hilft es, näher an den WLAN-Router zu gehen oder die Kamera auszuschalten.',
  sharing: {
    start: 'Bildschirm zeigen',
    stop: 'Bildschirm nicht mehr zeigen',
    now: 'Sie zeigen Ihren Bildschirm.',
    over: 'Ihr Bildschirm ist nicht mehr zu sehen.',
  },
  view: {
    full: 'Vollbild',
    window: 'Vollbild beenden',
    refused: 'Dieser Browser erlaubt hier kein Vollbild.',
    fill: 'Bild füllt die Fläche',
    whole: 'Ganzes Bild zeigen',
    hideOwn: 'Eigenes Bild verbergen',
    showOwn: 'Eigenes Bild zeigen',
  },
  you: 'Sie',
  wrote: (name: string, text: string) => `${name} schreibt: ${text}`,
  chatFailed: 'Die Nachricht konnte nicht gesendet werden.',
  chatMissed: (names: string) => `Nicht angekommen bei: ${names}`,
  notification: {
    example: 'So werden Sie benachrichtigt',
    refused:
      'Der Browser erlaubt dieser Seite keine Benachrichtigungen. Das lässt sich in seinen Einstellungen ändern.',
    impossible: 'Dieser Browser kann hier keine Benachrichtigungen zeigen.',
  },
  called: { knock: 'Jemand ist im Wartezimmer', admitted: 'Die Praxis bittet Sie herein' },
  admitted: (name: string) => `${name} ist jetzt im Gespräch.`,
  putBack: (name: string) => `${name} ist wieder im Wartezimmer.`,
  groupTitle: (name: string) => `${name} dazubitten?`,
  groupText: (names: string) => `Es läuft ein Gespräch mit ${names}. Alle sehen und hören einander.`,
  group: 'Dazubitten',
  leaveTitle: 'Wartezimmer verlassen?',
  leaveText: 'Die Praxis sieht Sie dann nicht mehr. Solange Ihr Code gilt, können Sie wiederkommen.',
  readyNotices: ['Es dauert noch etwa 5 Minuten.', 'Es dauert noch etwa 10 Minuten.', 'Ich bin gleich bei Ihnen.'],
  muteOn: 'Mikrofon ausschalten',
  muteOff: 'Mikrofon einschalten',
  cameraOn: 'Kamera ausschalten',
  cameraOff: 'Kamera einschalten',
  mutedNow: 'Ihr Mikrofon ist aus.',
  micOff: 'Mikrofon aus',
  unmutedNow: 'Ihr Mikrofon ist an.',
  cameraOffNow: 'Ihre Kamera ist aus.',
  cameraOnNow: 'Ihre Kamera ist an.',
  practice: 'Praxis',
  inCallWith: (names: string) => `Im Gespräch mit ${names}`,
  atReception: ({ host, session }: { host: HostPresence; session: boolean }): string =>
    host !== 'present'
      ? 'Das Sprechzimmer ist zurzeit nicht geöffnet.'
      : session
        ? 'Im Sprechzimmer läuft ein Gespräch.'
        : 'Das Sprechzimmer ist offen, es läuft kein Gespräch.',
  watching: (staff: number): string =>
    staff === 0
      ? ''
      : staff === 1
        ? 'Der Empfang sieht das Wartezimmer.'
        : `Der Empfang sieht das Wartezimmer (${staff}).`,
  alone: 'Im Gespräch. Gleich ist jemand bei Ihnen.',
  link: { connecting: 'wird verbunden …', connected: '', interrupted: 'Bild und Ton werden wiederhergestellt …' },
  personAway: 'Verbindung unterbrochen …',
  noticeFrom: (text: string) => `Nachricht der Praxis: ${text}`,
  waitsSince: (minutes: number) =>
    minutes < 1 ? 'gerade gekommen' : minutes === 1 ? 'wartet seit 1 Minute' : `wartet seit ${minutes} Minuten`,
  here: 'verbunden',
  away: 'gerade nicht verbunden',
  admit: 'Hereinbitten',
  deny: 'Absagen',
  notice: 'Nachricht',
  hold: 'Zurück ins Wartezimmer',
  sendAway: 'Aus dem Gespräch nehmen',
  /** For screen readers: what a button in a list does, with whom. */
  withName: (action: string, name: string) => `${action}: ${name}`,
  knocked: (name: string) => `${name} ist im Wartezimmer.`,
  denyTitle: (name: string) => `${name} absagen?`,
  denyText: 'Die Person verlässt das Wartezimmer. Sie kann sich später wieder einwählen.',
  denyField: 'Ein Satz dazu (freiwillig, die Person liest ihn)',
  sendAwayTitle: (name: string) => `${name} aus dem Gespräch nehmen?`,
  sendAwayText: 'Für diese Person endet das Gespräch, für die anderen geht es weiter.',
  noticeTitle: (name: string) => `Nachricht an ${name}`,
  noticeAllTitle: 'Nachricht an alle im Wartezimmer',
  noticeText: 'Eine Zeile, die im Wartezimmer angezeigt und nicht gespeichert wird.',
  noticeField: 'Ihre Nachricht',
  send: 'Senden',
  sent: 'Die Nachricht wurde gesendet.',
  reception: 'Empfang',
  leaveReception: 'Empfang verlassen',
  leaveReceptionTitle: 'Empfang verlassen?',
  leaveReceptionText: 'Das Sprechzimmer und wer darin wartet bleiben, wie sie sind.',
  receptionLeft: {
    title: 'Sie haben den Empfang verlassen',
    text: 'Das Sprechzimmer und wer darin wartet bleiben, wie sie sind.',
  },
  closeTitle: 'Sprechzimmer schließen?',
  closeText: 'Ein laufendes Gespräch endet. Wer wartet, bleibt im Wartezimmer.',
  title: {
    entry: 'Einwählen',
    waiting: 'Im Wartezimmer',
    call: 'Im Gespräch',
    over: 'Beendet',
    reconnecting: 'Verbindung wird wiederhergestellt',
    room: (waiting: number) => (waiting === 0 ? 'Sprechzimmer' : `(${waiting}) Sprechzimmer`),
  },
}

/** The shape of the texts: a language in which one is missing does not compile. */
export type Texts = typeof german
