using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Stages.Ingesting;

/// <summary>What to ingest.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="BudgetBytes">Stop before the objects take more; null: no limit.</param>
/// <param name="Retry">Try again what was set aside three times.</param>
/// <param name="Variable">Looks up an environment variable: credentials of sources and of an object store may stand there.</param>
/// <param name="Say">Is told what the operator may want to know meanwhile.</param>
/// <param name="Lease">How long jobs stay with a process that gives no sign of life; null: two minutes.</param>
public sealed record IngestRequest(string Archive, long? BudgetBytes = null, bool Retry = false, Func<string, string?>? Variable = null, Action<string>? Say = null, TimeSpan? Lease = null);

/// <summary>What was ingested.</summary>
/// <param name="Recordings">Recordings in the catalogue.</param>
/// <param name="Ingested">Made into objects by this run.</param>
/// <param name="Held">Held after it, those of earlier runs included.</param>
/// <param name="Denied">Not let in by the gate.</param>
/// <param name="SetAside">Set aside, with their reasons.</param>
/// <param name="Missing">Files that could not be fetched now: the next run asks again.</param>
/// <param name="WrittenBytes">Bytes of the objects of this run.</param>
/// <param name="ReachedBudget">Whether the budget ended it.</param>
/// <param name="Paused">Jobs that wait in stages that are paused.</param>
/// <param name="Findings">What is set aside.</param>
public sealed record IngestReport(long Recordings, long Ingested, long Held, long Denied, long SetAside, long Missing, long WrittenBytes, bool ReachedBudget, long Paused, IReadOnlyList<Finding> Findings);

/// <summary>
/// Takes audio into the archive in rank order, what has a sign of no music last where the policy says so: gate, fetch where it is not on disk, gate again with what its own tags say, keep as is or encode to the tier, tag, hash once, store, record. Reads the
/// newest catalogue, the accessions and the sources' files; writes objects and the ledger. Jobs come from the ledger's queue, so several processes may be at work, on several machines where the ledger is a PostgreSQL
/// database. An object is in the ledger or it is not there: a killed run leaves at most its work in hand, which the next removes and does again.
/// </summary>
public static class Ingest
{
    private const int MostAttempts = 3;

    // Kills in a row may hit the same innocent file; a file that ends the program does so every time.
    private const int MostBegun = 10;

    private static readonly TimeSpan UsualLease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan MissingRests = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AsideRests = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Ingests.</summary>
    public static async Task<IngestReport> RunAsync(IngestRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToTakeJobs(request.Archive, clock, new LedgerPatience(LongestWait, request.Say ?? (_ => { }), stop));
        var encoder = new AudioEncoder();
        using var objects = await ObjectStores.OpenAsync(archive.Layout, archive.Configuration.Objects, request.Variable, stop).ConfigureAwait(false);
        using var work = WorkFolder.Open(archive);
        if (work.Notes().Any())
            await archive.WhileAloneAsync(() => work.SweepAsync(objects, stop)).ConfigureAwait(false);
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        using var sources = new AudioSources(archive);
        using var tags = new CatalogueTags(catalogue.Folder);
        using var fetch = new AudioFetch(archive, work.Folder, request.Variable ?? (_ => null), clock);
        var writer = new ObjectWriter(archive, objects, work.Folder);
        var lease = request.Lease ?? UsualLease;
        var feed = new JobFeed(archive, catalogue, work, lease, clock);
        feed.Fill(progress, stop);
        archive.Ledger.Wake(all: request.Retry);
        var before = archive.Ledger.Stages();
        var (total, done, ingested, written) = (before.Sum(s => s.Recordings), before.Sum(s => s.Recordings - s.Waiting), 0L, 0L);
        var workers = archive.Configuration.Workers > 0 ? archive.Configuration.Workers : Environment.ProcessorCount;
        using (var alive = CancellationTokenSource.CreateLinkedTokenSource(stop))
        {
            var renewing = RenewAsync(feed, archive.Ledger, work.Name, lease, alive.Token);
            try
            {
                await Parallel.ForEachAsync(feed.Jobs(workers, request.BudgetBytes, stop), new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = stop }, async (job, cancel) =>
                {
                    var bytes = await OneAsync(job, cancel).ConfigureAwait(false);
                    feed.Ended(job.Lease);
                    if (bytes > 0)
                    {
                        Interlocked.Increment(ref ingested);
                        Interlocked.Add(ref written, bytes);
                    }

                    progress.Report(new StageProgress("ingest", Interlocked.Increment(ref done), total));
                }).ConfigureAwait(false);
                feed.Flush();
            }
            finally
            {
                await alive.CancelAsync().ConfigureAwait(false);
                await renewing.ConfigureAwait(false);
                work.HasJobs = !TryGiveBack(feed, archive.Ledger, work.Name);
            }
        }

        fetch.Clear();
        work.Leave();
        await archive.LeaveJobsAsync(async () =>
        {
            // The notes of those that ended before this one, which was still at work, are this one's to look after.
            work.TakeBack();
            new StoreOnce(archive, catalogue, writer).Run(progress, stop);
            await work.SweepAsync(objects, stop).ConfigureAwait(false);
            await new AlbumGain(archive, catalogue, writer, work.Folder).WriteAsync(progress, stop).ConfigureAwait(false);
        }).ConfigureAwait(false);
        var (missing, unreached) = fetch.Missing();
        archive.Ledger.ReplaceFindings("ingest", "", unreached);
        var findings = archive.Ledger.Jobs(JobState.SetAside).Select(j => new Finding("ingest", j.Recording.ToString(), "unusable", j.Reason)).Concat(unreached).ToList();
        var stages = archive.Ledger.Stages();
        return new IngestReport(catalogue.Totals().Recordings, ingested, stages.Sum(s => s.Done), stages.Sum(s => s.Denied), stages.Sum(s => s.SetAside), missing, written, feed.ReachedBudget,
            stages.Where(s => s.Paused).Sum(s => s.Waiting), findings);

        async Task<long> OneAsync(JobInHand inHand, CancellationToken cancel)
        {
            var (lease, recording) = (inHand.Lease, inHand.Recording);
            var candidates = Find();
            if (candidates.Count == 0)
            {
                feed.End(new JobEnd(lease, null, null));
                return 0;
            }

            var store = new ObjectIntake(archive, writer, encoder, tags, work.Folder, lease);
            var job = archive.Ledger.Job(recording.Id);
            if (job is { State: JobState.Done, Object: { } root } && archive.Ledger.Object(root) is { } obj)
                return await HeldAsync(inHand, obj, candidates, store, cancel).ConfigureAwait(false);
            if (candidates[0].Rights.Keep && job is { State: JobState.SetAside, Attempts: >= MostAttempts } && job.Evidence == candidates[0].Place)
            {
                archive.Ledger.SetRights(recording.Id, candidates[0].Rights);
                archive.Ledger.Rest(lease, null);
                return 0;
            }

            var (reason, isMissing, isBegun) = ((string?)null, false, false);
            var (failed, fetched) = (new HashSet<(RecordPlace, string)>(), new Dictionary<(RecordPlace, string), string>());
            try
            {
                while (true)
                {
                    var best = candidates[0];
                    if (!best.Rights.Keep)
                    {
                        feed.End(new JobEnd(lease, best.Rights, job is { State: JobState.Denied } && job.Reason == best.Rights.Reason ? null : (best.Rights.Reason, best.Place)));
                        return 0;
                    }

                    archive.Ledger.SetRights(recording.Id, best.Rights);
                    if (candidates.FirstOrDefault(c => c.Rights.Keep && c.Rights.Publish == best.Rights.Publish && !failed.Contains((c.Place, c.File.Location))) is not { } candidate)
                        break;
                    if (lease.Begun >= MostBegun)
                    {
                        archive.Ledger.NotIngested(recording.Id, best.Place, JobState.SetAside, $"{best.Key}: work on it was begun {lease.Begun} times and never ended: something in it may end the program", lease);
                        return 0;
                    }

                    // Another process may have the job by now.
                    if (!isBegun && !(isBegun = archive.Ledger.Begin(lease)))
                        return 0;
                    var place = (candidate.Place, candidate.File.Location);
                    try
                    {
                        if (candidate.Path is null && !fetched.ContainsKey(place))
                        {
                            fetched[place] = await fetch.FetchAsync(recording.Id, candidate, cancel).ConfigureAwait(false);
                            // Its own tags speak now: the gate is asked again, and another file may serve better.
                            candidates = Find();
                            continue;
                        }

                        return await store.TakeInAsync(recording, candidate with { Path = candidate.Path ?? fetched[place] }, cancel).ConfigureAwait(false);
                    }
                    catch (UnusableAudioException e)
                    {
                        reason ??= $"{candidate.Key}: {e.Message}";
                        failed.Add(place);
                    }
                    catch (MissingAudioException)
                    {
                        isMissing = true;
                        failed.Add(place);
                    }
                }
            }
            finally
            {
                foreach (var path in fetched.Values)
                    File.Delete(path);
            }

            // What could not be had now has had no trial.
            if (isMissing)
                archive.Ledger.Rest(lease, MissingRests);
            else
                archive.Ledger.NotIngested(recording.Id, candidates[0].Place, JobState.SetAside, reason!, lease, (job?.Attempts ?? 0) + 1 is var attempts && attempts < MostAttempts ? AsideRests * attempts : null);
            return 0;

            // What is withdrawn is so from whatever source.
            IReadOnlyList<AudioCandidate> Find() => sources.For(inHand.Places, inHand.Keys, inHand.Subject) is var found && archive.Ledger.WithdrawalOf(recording.Id) is null
                ? found : found.Select(c => c with { Rights = archive.Ledger.Bound(recording.Id, c.Rights) }).ToList();
        }

        // What an earlier policy let be transcoded, and this one does not, is taken in again; where the original cannot be had any more, what is held stays dark.
        async Task<long> HeldAsync(JobInHand inHand, ObjectRow obj, IReadOnlyList<AudioCandidate> candidates, ObjectIntake store, CancellationToken cancel)
        {
            var (lease, recording) = (inHand.Lease, inHand.Recording);
            var rights = RightsReview.OfHeld(obj, candidates, archive.Configuration.Rights, sources.Gate.Version, archive.Ledger.SameAudio(recording.Id)?.Original);
            if (!(obj.IsTranscoded && candidates.FirstOrDefault(c => c.Record is not null && c.Record.Sha256 == obj.Original) is { Rights.Keep: true } candidate && archive.Configuration.Rights.KeepsOriginal(candidate.Rights.Licence)))
            {
                feed.End(new JobEnd(lease, rights, null));
                return 0;
            }

            archive.Ledger.SetRights(recording.Id, rights);
            var fetched = (string?)null;
            try
            {
                fetched = candidate.Path is null ? await fetch.FetchAsync(recording.Id, candidate, cancel).ConfigureAwait(false) : null;
                var bytes = await store.TakeInAsync(recording, candidate with { Path = candidate.Path ?? fetched }, cancel).ConfigureAwait(false);
                if (bytes > 0)
                    archive.Ledger.SetRights(recording.Id, candidate.Rights);
                return bytes;
            }
            catch (Exception e) when (e is UnusableAudioException or MissingAudioException)
            {
                archive.Ledger.Rest(lease, MissingRests);
                return 0;
            }
            finally
            {
                if (fetched is not null)
                    File.Delete(fetched);
            }
        }
    }

    private static async Task RenewAsync(JobFeed feed, Ledger ledger, string owner, TimeSpan lease, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(lease / 4);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                feed.Flush();
                ledger.Renew(owner, lease);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or LacquerException)
        {
            // A ledger that cannot be written to is for those to report who write results to it.
        }
    }

    private static bool TryGiveBack(JobFeed feed, Ledger ledger, string owner)
    {
        try
        {
            feed.Flush();
            ledger.Release(owner, orderly: true);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or LacquerException)
        {
            // Whoever comes next gives them back, or the leases run out.
            return false;
        }
    }
}
