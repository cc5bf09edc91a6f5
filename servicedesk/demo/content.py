"""What the demo's organisation is made of: names, services, and incidents worth reading."""

from __future__ import annotations

from dataclasses import dataclass, field

#: team → (what it does, its agents; the first leads it)
TEAMS = {
    "Service desk": ("First contact for everybody", ["Marc Oliver", "Lena Krüger", "Samuel Haddad", "Ruth Wanjiru"]),
    "Network": ("Offices, Wi-Fi, VPN, firewalls", ["Sigrid Holm", "Tomás Herrera", "Mei Lin Wu"]),
    "Applications": ("Payroll, CRM, finance, intranet", ["Anna Novak", "Deniz Aydın", "Paul Lefèvre"]),
    "Workplace": ("Computers, phones, printers, meeting rooms", ["Laszlo Kovács", "Imani Brooks", "Yusuf Demir"]),
    "Identity": ("Accounts, passwords, permissions", ["Ronja Weiss", "Karthik Iyer"]),
}

#: organisation → (mail domain, members see each other's tickets, sign-up, people)
ORGANISATIONS = {
    "Northwind Finance": ("finance.northwind.example", True, False, [
        "Amélie Dubois", "Jonas Berg", "Priya Raman", "Tomasz Zieliński", "Grace Okafor", "Marta Silva",
        "Henrik Sørensen", "Noor Haddad", "Beatriz Costa", "Oliver Stone",
    ]),
    "Northwind Sales": ("sales.northwind.example", False, True, [
        "Ibrahim Khalil", "Sofia Lindqvist", "Daniel Meyer", "Chloé Martin", "Elena Petrova", "Lukas Brandt",
        "Aisha Mohammed", "Diego Fernández", "Hannah Schmidt", "Viktor Kozlov", "سارة الحسن", "Owen Price",
    ]),
    "Northwind Logistics": ("logistics.northwind.example", True, False, [
        "Kofi Mensah", "Hiroshi Tanaka", "Ana Popescu", "Stefan Müller", "Fatima Zahra", "Liam Murphy",
        "Zeynep Kaya", "Pedro Alves", "Ingrid Dahl", "Thabo Nkosi",
    ]),
    "Northwind People & Culture": ("people.northwind.example", False, False, [
        "Camille Roux", "Andrei Ionescu", "Maria Rossi", "Jun Park", "Emma Wilson", "Nikola Jovanović",
    ]),
    "Alder & Sons": ("alder.example", True, True, ["George Alder", "Patricia Alder", "Milan Horvat", "Sanjay Patel"]),
}  # fmt: skip

#: service → (what it is, team, criticality, what it depends on)
SERVICES = {
    "Network": ("Cabled network and internet in all offices", "Network", 1, []),
    "Identity": ("Accounts, single sign-on, second factors", "Identity", 1, ["Network"]),
    "Wi-Fi": ("Wireless network in all offices", "Network", 2, ["Network", "Identity"]),
    "VPN": ("Secure access from home and on the road", "Network", 2, ["Network", "Identity"]),
    "E-mail and calendar": ("Mailboxes, shared calendars, room booking", "Applications", 2, ["Identity"]),
    "File storage": ("Team folders and personal drives", "Applications", 2, ["Identity"]),
    "Payroll": ("Monthly payroll runs and bank export", "Applications", 1, ["Identity", "File storage"]),
    "CRM": ("Customers, offers, and the sales pipeline", "Applications", 2, ["Identity"]),
    "Finance system": ("Invoices, bookings, month-end close", "Applications", 1, ["Identity", "File storage"]),
    "Intranet": ("News, forms, phone book", "Applications", 4, ["Identity"]),
    "Warehouse system": ("Stock, picking, labels", "Applications", 1, ["Network", "Identity"]),
    "Printing": ("Printers, scanners, follow-me printing", "Workplace", 3, ["Network", "Identity"]),
    "Computers": ("Laptops, desktops, screens, docking stations", "Workplace", 3, []),
    "Telephony": ("Desk phones, softphones, hotlines", "Workplace", 3, ["Network"]),
    "Meeting rooms": ("Screens, cameras and booking panels", "Workplace", 4, ["Network", "E-mail and calendar"]),
}

CATEGORIES = {
    "Application": ["Error message", "Slow", "Report", "Missing data"],
    "Access": ["Password", "Permission", "Second factor"],
    "Network": ["No connection", "Slow", "VPN", "Wi-Fi"],
    "Hardware": ["Laptop", "Printer", "Phone", "Screen"],
    "Mail": ["Delivery", "Calendar", "Spam"],
}

PLACES = {
    "floor": ["first", "second", "third", "fourth"], "room": ["2.07", "3.18", "4.12", "Aurora", "Fjord"],
    "city": ["Berlin", "Lyon", "Gdańsk", "Porto"], "count": ["three", "four", "six", "a dozen"],
    "app": ["the CRM", "the finance system", "the intranet"], "code": ["0x80070035", "504", "ERR-2210", "E-417"],
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """One kind of trouble and how it is talked through. ``c`` is the customer, ``a`` the agent, ``n`` a note."""

    title: str
    body: str
    service: str
    category: str
    impact: int = 3
    urgency: int = 2
    talk: list[tuple[str, str]] = field(default_factory=list)
    resolution: str = "Solved together with the requester."
    code: str = "Solved permanently"
    wait: str = ""  #: which waiting state it passes through
    tags: tuple[str, ...] = ()


STORIES = [
    Story(
        "VPN drops every ten minutes when working from home",
        "Since the update on Monday the VPN disconnects about every ten minutes. I have to log in again each time, "
        "with the second factor.\n\n- Windows laptop, at home in {city}\n- It happens on cable and on Wi-Fi",
        "VPN",
        "Network › VPN",
        3,
        2,
        [
            ("a", "Thank you for the details. Could you send us the client's log? *Help › Export log* makes it."),
            (
                "c",
                "Here is what it says around the last drop:\n\n```\n09:41:12 rekey timeout\n09:41:12 tunnel closed\n```",
            ),
            ("n", "Rekey timeout again, the same as last week with the {city} gateway. Interval is still 600 s there."),
            (
                "a",
                "We have found it: one gateway still had the old rekey interval. It is changed; please connect again.",
            ),
        ],
        "The gateway's rekey interval was 600 s, shorter than the client's. Set to 8 h like on the others.",
        wait="customer",
        tags=("vpn",),
    ),
    Story(
        "Whole {floor} floor without Wi-Fi",
        "Nobody on the {floor} floor in {city} has Wi-Fi since this morning. Cable works.",
        "Wi-Fi",
        "Network › Wi-Fi",
        2,
        1,
        [
            ("a", "We see it too: the access points of that floor do not answer. A colleague is on the way."),
            ("n", "PoE budget exceeded on the floor switch after the new cameras were plugged in."),
            (
                "a",
                "The access points are back. The new cameras drew too much power from the switch; they are unplugged "
                "until it has a second power supply.",
            ),
        ],
        "Cameras exceeded the switch's PoE budget. Moved to another switch.",
        "Solved by a workaround",
        tags=("wifi", "outage"),
    ),
    Story(
        "Invoice PDF is cut off on the right when printed",
        "When I print an invoice from the finance system, the last column is missing. On the screen it is complete.",
        "Finance system",
        "Application › Report",
        3,
        3,
        [
            ("a", "Which printer do you use, and does *Print to PDF* cut it off as well?"),
            ("c", "The one next to room {room}. The PDF is fine, so it must be the printer."),
            ("a", "Then it is the paper size: that printer is set to Letter. I have set it to A4."),
        ],
        "Printer default was Letter instead of A4.",
        wait="customer",
    ),
    Story(
        "Cannot open shared calendar of the team",
        "The shared calendar says *You do not have permission*. Until Friday it worked. I need it to plan the week.",
        "E-mail and calendar",
        "Mail › Calendar",
        3,
        2,
        [
            ("n", "Owner of the calendar left on Friday; it was shared from a personal mailbox."),
            (
                "a",
                "The calendar belonged to a colleague who has left. I have moved it to a team mailbox and given the "
                "whole team access.",
            ),
        ],
        "Calendar moved to a shared mailbox owned by the team.",
        tags=("leaver",),
    ),
    Story(
        "Payroll export stops with error {code} since this morning",
        "Every export since 07:30 stops at about 60 % with \u201cError {code}\u201d. We must hand the file to the bank by 16:00 "
        "today, 1,240 people are paid from it.\n\nA smaller export (one department) works.",
        "Payroll",
        "Application › Error message",
        1,
        1,
        [
            (
                "a",
                "Thank you, we see it too: the report service runs out of time on exports over 900 rows. We are raising "
                "the limit now and will write again within half an hour. You do not need to retry.",
            ),
            (
                "n",
                "Same stack trace as last month: the join on the archive table. Workaround: set `report.batch=500`, "
                "restart the worker.",
            ),
            ("c", "Thank you. The bank has agreed to wait until 16:30 if needed."),
            ("a", "The limit is raised. Please start the export once more; it should take about four minutes."),
        ],
        "Batch size of the report service lowered to 500; the export took 3:50 min.",
        "Solved by a workaround",
        tags=("month-end", "payroll"),
    ),
    Story(
        "Meeting room {room}: screen shows no picture",
        "Guests arrive at 14:00. The screen says *No signal* with every laptop we tried.",
        "Meeting rooms",
        "Hardware › Screen",
        2,
        1,
        [("a", "I am on my way."), ("a", "The cable in the floor tank was broken. It is replaced; please try.")],
        "HDMI cable replaced.",
    ),
    Story(
        "Password reset mail never arrives",
        "I asked for a new password three times, but there is no mail, not in the spam folder either.",
        "Identity",
        "Access › Password",
        3,
        1,
        [
            ("a", "The address in your account has a typing error. I have corrected it; please ask once more."),
            ("c", "Now it came at once. Thank you!"),
        ],
        "Typing error in the private recovery address.",
    ),
    Story(
        "Label printer in the warehouse prints blank labels",
        "The label printer at packing station 4 feeds labels, but they are blank. We write addresses by hand now.",
        "Printing",
        "Hardware › Printer",
        2,
        2,
        [
            ("a", "Is it a new roll of labels? Some need the other side up."),
            ("c", "Yes, we changed the roll this morning."),
            (
                "a",
                "Then please turn the roll around: the coated side must face the print head. The arrow inside the lid "
                "shows it.",
            ),
        ],
        "Roll was inserted with the coated side down.",
        "Solved by the requester",
        wait="customer",
    ),
    Story(
        "CRM is slow when more than ten people search at once",
        "Since the new quarter began, searching takes 20 to 30 seconds when many of us work. Early in the morning it "
        "is fast.",
        "CRM",
        "Application › Slow",
        2,
        2,
        [
            ("a", "Thank you. We can reproduce it with a load test; the supplier has been asked about an index."),
            (
                "n",
                "Supplier case 88213. They confirm a missing index on `activity.owner`; patch promised for next week.",
            ),
            ("a", "The supplier's patch is installed in the test system and looks good. It goes live tonight."),
        ],
        "Supplier's patch 7.3.2 adds the missing index.",
        "Solved by a change",
        wait="supplier",
        tags=("crm",),
    ),
    Story(
        "Phone extension rings in the wrong office",
        "My extension rings at a colleague's desk on the {floor} floor since we moved.",
        "Telephony",
        "Hardware › Phone",
        3,
        3,
        [("a", "The move had swapped two sockets. Both are patched right now.")],
        "Two sockets were swapped at the patch panel.",
    ),
    Story(
        "Laptop does not wake up from sleep",
        "Every second time I open the lid, the screen stays black and I have to hold the power button. I lost a "
        "document that way.",
        "Computers",
        "Hardware › Laptop",
        3,
        2,
        [
            ("a", "That is a known firmware error of this model. The update takes 15 minutes; when would it suit you?"),
            ("c", "Tomorrow at 12:00 would be good."),
            ("n", "Firmware 1.14 fixes it; 1.13 and older are affected."),
            ("a", "Updated. Please tell us if it happens again."),
        ],
        "Firmware updated to 1.14.",
        wait="customer",
        tags=("firmware",),
    ),
    Story(
        "Access to the folder of the {city} project",
        "I have joined the project in {city} and cannot open its folder. My lead says I should have access.",
        "File storage",
        "Access › Permission",
        3,
        2,
        [
            ("a", "I have asked the folder's owner; as soon as the answer is there, you have access."),
            ("a", "The owner has agreed. Please log out and in once."),
        ],
        "Added to the project's group after the owner's consent.",
    ),
    Story(
        "Second factor: new phone, codes do not work",
        "I have a new phone. The codes of the app are refused and I cannot log in to anything.",
        "Identity",
        "Access › Second factor",
        3,
        1,
        [
            ("a", "I will call you on your desk phone to make sure that it is you."),
            ("n", "Identity checked by call-back and date of entry."),
            ("a", "The old phone is removed. At the next login you will be asked to scan a new code."),
        ],
        "Second factor reset after a call-back.",
    ),
    Story(
        "Mail to customers comes back as undeliverable",
        "Mails to {count} of our customers come back with *550 5.7.26 unauthenticated sender*. They are waiting for "
        "their offers.",
        "E-mail and calendar",
        "Mail › Delivery",
        1,
        2,
        [
            ("a", "Thank you. The newsletter tool broke our sender policy; we are correcting the record."),
            ("n", "SPF record has 11 look-ups since marketing added the new tool. Flattened."),
            ("a", "Corrected. It can take an hour until all receivers notice. Please send again after that."),
        ],
        "SPF record exceeded ten look-ups; flattened.",
        tags=("mail", "dns"),
    ),
    Story(
        "Stock figures differ between warehouse system and finance",
        "Since the week-end the stock of about {count} articles differs between the two systems.",
        "Warehouse system",
        "Application › Missing data",
        2,
        2,
        [
            ("a", "We have compared the transfer files: the one of Saturday was imported only in part."),
            ("n", "Import aborted at row 8,112: a quantity with a decimal comma."),
            ("a", "Saturday's file is imported again. Could you check the articles you noticed?"),
            ("c", "All of them are right now."),
        ],
        "Saturday's transfer imported again; the import now refuses a whole file instead of half of it.",
        wait="problem",
        tags=("data",),
    ),
    Story(
        "Scanner sends empty PDF files",
        "The scanner on the {floor} floor sends me PDF files with white pages.",
        "Printing",
        "Hardware › Printer",
        3,
        3,
        [("a", "The glass strip of the document feeder was dirty. Cleaned.")],
        "Feeder glass cleaned.",
        "Solved permanently",
    ),
    Story(
        "{app} shows \u201cError {code}\u201d when saving",
        "When I save, {app} shows \u201cError {code}\u201d and what I typed is gone. It happens with long texts only, I think.",
        "Intranet",
        "Application › Error message",
        3,
        2,
        [
            ("a", "How long are the texts, about? And which browser do you use?"),
            ("c", "About two pages. Firefox."),
            ("a", "The limit was 4,000 characters and it did not say so. It is 20,000 now and says so."),
        ],
        "Limit raised, and the form says it before it is reached.",
        wait="customer",
    ),
    Story(
        "Internet is very slow in {city}",
        "Web pages take half a minute, video calls are impossible. All colleagues in {city} have it.",
        "Network",
        "Network › Slow",
        1,
        2,
        [
            ("a", "The line runs at a tenth of its speed since 08:05. We have called the carrier."),
            ("n", "Carrier ticket 5512034. Damaged fibre near the station, second line has taken over partly."),
            ("a", "The carrier expects repair by this evening. Until then video is throttled so that the rest works."),
            ("a", "The line is repaired and back at full speed."),
        ],
        "Damaged fibre repaired by the carrier.",
        wait="supplier",
        tags=("carrier", "outage"),
    ),
    Story(
        "Screen at the docking station flickers",
        "The left screen flickers when the table is moved.",
        "Computers",
        "Hardware › Screen",
        3,
        3,
        [("a", "I have exchanged the cable on your desk.")],
        "Cable exchanged.",
    ),
    Story(
        "Report of open offers is missing the last week",
        "The report *Open offers* ends on Friday a week ago. We plan the quarter with it.",
        "CRM",
        "Application › Report",
        2,
        3,
        [
            ("n", "Nightly job failed five times: disk of the report server was full."),
            ("a", "The nightly job had stopped; it has run again and the report is complete."),
        ],
        "Disk of the report server cleared, alert added at 80 %.",
        tags=("crm", "report"),
    ),
    Story(
        "لا يمكنني فتح البريد الإلكتروني",
        "مرحبا، منذ الصباح لا يفتح البريد على حاسوبي. تظهر رسالة خطأ {code}.",
        "E-mail and calendar",
        "Mail › Delivery",
        3,
        2,
        [
            ("a", "Thank you for your message. The profile on your computer was damaged; we have rebuilt it."),
            ("c", "شكرا جزيلا، يعمل الآن."),
        ],
        "Mail profile rebuilt.",
    ),
    Story(
        "Cannot log in to {app} after the holidays",
        "After three weeks of holidays {app} says that my account is locked.",
        "Identity",
        "Access › Password",
        3,
        1,
        [("a", "Accounts are locked after 21 days without a login. Yours is open again.")],
        "Account unlocked.",
    ),
    Story(
        "Softphone has no sound in calls",
        "I hear nobody and nobody hears me. The headset works with music.",
        "Telephony",
        "Hardware › Phone",
        3,
        2,
        [
            ("a", "Please choose your headset under *Settings › Audio*: the update has reset it to the built-in one."),
            ("c", "That was it."),
        ],
        "Audio device chosen again after the update.",
        "Solved by the requester",
        wait="customer",
    ),
    Story(
        "Booking a meeting room shows the wrong time",
        "When I book room {room} for 10:00, the panel at the door shows 09:00.",
        "Meeting rooms",
        "Mail › Calendar",
        3,
        3,
        [
            ("n", "Panel firmware ignores daylight saving; supplier has a beta."),
            (
                "a",
                "The panel does not know winter time. The supplier's update comes next week; bookings themselves are right.",
            ),
        ],
        "Panel firmware updated.",
        wait="supplier",
    ),
]
