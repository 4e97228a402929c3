using System.Globalization;
using System.Security.Cryptography;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>What to ingest.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="BudgetBytes">Stop before the objects take more; null: no limit.</param>
/// <param name="Retry">Try again what was set aside three times.</param>
/// <param name="Variable">Looks up an environment variable: credentials of sources may stand there.</param>
public sealed record IngestRequest(string Archive, long? BudgetBytes = null, bool Retry = false, Func<string, string?>? Variable = null);

/// <summary>What was ingested.</summary>
/// <param name="Recordings">Recordings in the catalogue.</param>
/// <param name="Ingested">Made into objects by this run.</param>
/// <param name="Held">Held after it, those of earlier runs included.</param>
/// <param name="Denied">Not let in by the gate.</param>
/// <param name="SetAside">Set aside, with their reasons.</param>
/// <param name="Missing">Files that could not be fetched now: the next run asks again.</param>
/// <param name="WrittenBytes">Bytes of the objects of this run.</param>
/// <param name="ReachedBudget">Whether the budget ended it.</param>
/// <param name="Findings">What is set aside.</param>
public sealed record IngestReport(long Recordings, long Ingested, long Held, long Denied, long SetAside, long Missing, long WrittenBytes, bool ReachedBudget, IReadOnlyList<Finding> Findings);

/// <summary>
/// Takes audio into the archive in rank order, what has a sign of no music last where the policy says so: gate, fetch where it is not on disk, gate again with what its own tags say, keep as is or encode to the tier, tag, hash once, store, record. Reads the
/// newest catalogue, the accessions and the sources' files; writes objects and the ledger. An object is in the ledger or it is not there: a killed run leaves at most its work in hand, which the next removes and does again.
/// </summary>
public static class Ingest
{
    private const int MostAttempts = 3;

    /// <summary>Ingests.</summary>
    public static async Task<IngestReport> RunAsync(IngestRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var encoder = new AudioEncoder();
        RemoveLeftovers(archive);
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        using var sources = new AudioSources(archive);
        using var fetch = new AudioFetch(archive, request.Variable ?? (_ => null), clock);
        var total = catalogue.Totals().Recordings;
        var workers = archive.Configuration.Workers > 0 ? archive.Configuration.Workers : Environment.ProcessorCount;
        var store = new ObjectIntake(archive, encoder);
        var (done, ingested, held, denied, aside, written) = (0L, 0L, 0L, 0L, 0L, 0L);
        var stored = archive.Ledger.ObjectTotals().LengthBytes;
        var full = false;
        // The catalogue is read by this thread alone; the sources' records come with each recording.
        var work = QualitySigns.Ordered(catalogue, archive.Ledger, archive.Configuration.Quality, stop).Select(r => (Recording: r, Places: catalogue.Sources(r.Rank), Keys: catalogue.Keys(EntityKind.Recording, r.Rank), Subject: RightsSubject.Of(catalogue, r, archive.Configuration.Rights))).TakeWhile(_ => !Volatile.Read(ref full));
        await foreach (var (state, bytes) in work.InOrder(workers, (item, cancel) => OneAsync(item.Recording, () => sources.For(item.Places, item.Keys, item.Subject), cancel), stop).ConfigureAwait(false))
        {
            progress.Report(new StageProgress("ingest", ++done, total));
            switch (state)
            {
                case JobState.Done: held++; break;
                case JobState.Denied: denied++; break;
                case JobState.SetAside: aside++; break;
            }

            if (bytes > 0)
            {
                ingested++;
                written += bytes;
            }

            if (stored + written >= request.BudgetBytes)
                Volatile.Write(ref full, true);
        }

        new StoreOnce(archive, catalogue).Run(progress, stop);
        fetch.Clear();
        var (missing, unreached) = fetch.Missing();
        archive.Ledger.ReplaceFindings("ingest", "", unreached);
        var findings = archive.Ledger.Jobs(JobState.SetAside).Select(j => new Finding("ingest", j.Recording.ToString(), "unusable", j.Reason)).Concat(unreached).ToList();
        return new IngestReport(total, ingested, held, denied, aside, missing, written, full, findings);

        async Task<(JobState? State, long Bytes)> OneAsync(RecordingRow recording, Func<IReadOnlyList<AudioCandidate>> find, CancellationToken cancel)
        {
            var candidates = find();
            if (candidates.Count == 0)
                return (null, 0);
            var job = archive.Ledger.Job(recording.Id);
            if (job is { State: JobState.Done, Object: { } root } && archive.Ledger.Object(root) is { } obj)
            {
                archive.Ledger.SetRights(recording.Id, RightsReview.OfHeld(obj, candidates, archive.Configuration.Rights, sources.Gate.Version, archive.Ledger.SameAudio(recording.Id)?.Original));
                var bytes = obj.IsTranscoded && candidates.FirstOrDefault(c => c.Record is not null && c.Record.Sha256 == obj.Original) is { Rights.Keep: true } of && archive.Configuration.Rights.KeepsOriginal(of.Rights.Licence)
                    ? await OriginalAsync(recording, of, cancel).ConfigureAwait(false) : 0;
                return (JobState.Done, bytes);
            }

            if (candidates[0].Rights.Keep && job is { State: JobState.SetAside, Attempts: >= MostAttempts } && job.Evidence == candidates[0].Place && !request.Retry)
            {
                archive.Ledger.SetRights(recording.Id, candidates[0].Rights);
                return (JobState.SetAside, 0);
            }

            var (reason, isMissing) = ((string?)null, false);
            var (failed, fetched) = (new HashSet<(RecordPlace, string)>(), new Dictionary<(RecordPlace, string), string>());
            try
            {
                while (true)
                {
                    var best = candidates[0];
                    archive.Ledger.SetRights(recording.Id, best.Rights);
                    if (!best.Rights.Keep)
                    {
                        if (job is not { State: JobState.Denied } || job.Reason != best.Rights.Reason)
                            archive.Ledger.NotIngested(recording.Id, best.Place, JobState.Denied, best.Rights.Reason);
                        return (JobState.Denied, 0);
                    }

                    if (candidates.FirstOrDefault(c => c.Rights.Keep && c.Rights.Publish == best.Rights.Publish && !failed.Contains((c.Place, c.File.Location))) is not { } candidate)
                        break;
                    var place = (candidate.Place, candidate.File.Location);
                    try
                    {
                        if (candidate.Path is null && !fetched.ContainsKey(place))
                        {
                            fetched[place] = await fetch.FetchAsync(recording.Id, candidate, cancel).ConfigureAwait(false);
                            // Its own tags speak now: the gate is asked again, and another file may serve better.
                            candidates = find();
                            continue;
                        }

                        return (JobState.Done, await store.TakeInAsync(recording, candidate with { Path = candidate.Path ?? fetched[place] }, cancel).ConfigureAwait(false));
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
                return (null, 0);
            archive.Ledger.NotIngested(recording.Id, candidates[0].Place, JobState.SetAside, reason!);
            return (JobState.SetAside, 0);
        }

        // What an earlier policy let be transcoded, and this one does not; where the original cannot be had any more, what is held stays dark.
        async Task<long> OriginalAsync(RecordingRow recording, AudioCandidate candidate, CancellationToken cancel)
        {
            var fetched = (string?)null;
            try
            {
                fetched = candidate.Path is null ? await fetch.FetchAsync(recording.Id, candidate, cancel).ConfigureAwait(false) : null;
                var bytes = await store.TakeInAsync(recording, candidate with { Path = candidate.Path ?? fetched }, cancel).ConfigureAwait(false);
                archive.Ledger.SetRights(recording.Id, candidate.Rights);
                return bytes;
            }
            catch (Exception e) when (e is UnusableAudioException or MissingAudioException)
            {
                return 0;
            }
            finally
            {
                if (fetched is not null)
                    File.Delete(fetched);
            }
        }
    }

    /// <summary>
    /// Clears what a killed run had in hand. Before an object gets its place, a note of it is left in <c>work</c>; one whose object is not in the ledger names an object that nobody knows of.
    /// </summary>
    private static void RemoveLeftovers(OpenArchive archive)
    {
        Directory.CreateDirectory(archive.Layout.Work);
        foreach (var file in Directory.EnumerateFiles(archive.Layout.Work).Where(f => !AudioFetch.IsFetched(f)).ToList())
        {
            // Its folder may not be there yet, which File.Delete would complain of.
            if (ObjectIntake.NotedObject(file) is { } noted && archive.Ledger.Object(noted.Root) is null && archive.Layout.Object(noted.Root, noted.Extension) is var placed && File.Exists(placed))
                File.Delete(placed);
            File.Delete(file);
        }
    }
}
