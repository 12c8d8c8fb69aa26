internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Setup {
    /// Gives a cluster's role what backups need, and sees that it gets in. What fails is told, and the rest goes on.
    func prepare(_ plan: SetupPlan.Cluster) throws {
        do {
            let statements = plan.readiness.statements
            if !statements.isEmpty {
                try site.survey.run(statements, on: plan.cluster)
                try record.did("postgres \(plan.server)", statements.joined(separator: "; "))
            }
            try limitLog(plan)
            try letIn(plan)
        } catch let fault as Fault where fault.code != .interrupted {
            try record.failed("postgres \(plan.server)", fault)
        }
    }

    private func limitLog(_ plan: SetupPlan.Cluster) throws {
        switch plan.limit {
        case nil: return
        case .leftTo(let slots)?:
            try record.say(
                "postgres \(plan.server)",
                "keeps its log for slots without limit, so its log is not received; others use slots: "
                    + slots.joined(separator: ", "),
                hint: "as a superuser, once these may lose what they don't read in time: "
                    + SlotLimit.set(10).statements.joined(separator: "; "))
        case .set(let gigabytes)?:
            let limit = SlotLimit.set(gigabytes)
            let question = "limit the log that server \(plan.server) keeps for slots to \(gigabytes) GB?"
            guard try questions.confirm(question) else { return }
            // Neither works inside the transaction that several statements of one call would be.
            for statement in limit.statements { try site.survey.run([statement], on: plan.cluster) }
            try record.did("postgres \(plan.server)", limit.statements.joined(separator: "; "))
        }
    }

    /// What the server itself answers counts: no reading of `pg_hba.conf` could be as sure.
    private func letIn(_ plan: SetupPlan.Cluster) throws {
        let refusals = try refusals(plan)
        guard !refusals.isEmpty else { return }
        let lines = refusals.map(\.line)
        let file = plan.readiness.hostFile
        try record.say(
            "postgres \(plan.server)", "does not let role \(plan.role) in: \(refusals[0].answer)",
            hint: "these lines on top of \(file) would: \(lines.joined(separator: "; "))")
        guard try questions.confirm("add them? (a copy of the file is kept)") else {
            throw Fault(
                .notPermitted, "server \(plan.server) does not let role \(plan.role) in",
                hint: "add on top of \(file), and reload the server: \(lines.joined(separator: "; "))")
        }
        let copy = try site.survey.admit(
            ["# By holdfast setup, for its backups:"] + lines, to: plan.cluster, hostFile: file)
        try record.did(
            "postgres \(plan.server)", "put on top of \(file): \(lines.joined(separator: "; ")) (before: \(copy))")
        try confirmAdmission(plan, lines)
    }

    /// The server reads its file a moment later.
    private func confirmAdmission(_ plan: SetupPlan.Cluster, _ lines: [String]) throws {
        let end = BootClock.now() + .seconds(10)
        while true {
            let left = try refusals(plan)
            guard let first = left.first else { return }
            guard BootClock.now() < end else {
                throw Fault(
                    .notPermitted, "server \(plan.server) still does not let role \(plan.role) in: \(first.answer)",
                    hint: "see its log, and whether \(plan.readiness.hostFile) is the file that it reads")
            }
            Threads.pause(.milliseconds(200))
        }
    }

    private func refusals(_ plan: SetupPlan.Cluster) throws -> [(answer: String, line: String)] {
        try [false, true].compactMap { replicating in
            try site.survey.refusal(of: plan.cluster, to: plan.role, replicating: replicating).map {
                (answer: $0, line: "local \(replicating ? "replication" : "all") \(plan.role) peer")
            }
        }
    }
}
