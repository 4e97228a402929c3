using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Stages.Mirroring;

/// <summary>What to mirror.</summary>
/// <param name="Archive">The mirror's folder; it must be an archive without accessions.</param>
/// <param name="Edition">Address or folder of an edition or of an archive; null: the newest of where the mirror came from.</param>
/// <param name="BudgetBytes">How much of it: whole volumes, the most listened first; null: all, or where no edition is named, as much as the last time.</param>
/// <param name="PublicKey">The publisher's minisign key, as text or file; null: the one the mirror knows, or at first the edition's own.</param>
/// <param name="Variable">Looks up an environment variable: credentials of an object store may stand there.</param>
public sealed record MirrorRequest(string Archive, string? Edition, long? BudgetBytes = null, string? PublicKey = null, Func<string, string?>? Variable = null);

/// <summary>What was mirrored.</summary>
/// <param name="Edition">The edition's name.</param>
/// <param name="Origin">Where it came from.</param>
/// <param name="KeyId">The key that signed it.</param>
/// <param name="TrustedOnFirstUse">Whether the key was taken from the edition itself, because none was known.</param>
/// <param name="Volumes">Volumes held after it.</param>
/// <param name="OfVolumes">Volumes in the edition.</param>
/// <param name="FetchedObjects">Objects fetched by this run.</param>
/// <param name="FetchedBytes">Their bytes.</param>
/// <param name="Retired">Volumes that the mirror had, and that the edition no longer has or the mirror's policy no longer publishes.</param>
/// <param name="LeftOut">Volumes that hold something the mirror's own policy does not publish, with the licences.</param>
/// <param name="EditionFetchedBytes">Bytes fetched for the edition's own folder and its catalogue.</param>
/// <param name="EditionMadeBytes">Bytes of files of that folder that were made from what is here, and not fetched.</param>
/// <param name="DeltaRefused">Why the catalogue was fetched whole, though the edition says what changed in it; null otherwise.</param>
public sealed record MirrorReport(
    string Edition, string Origin, string KeyId, bool TrustedOnFirstUse, int Volumes, int OfVolumes, long FetchedObjects, long FetchedBytes, IReadOnlyList<string> Retired,
    IReadOnlyList<LeftOutVolume> LeftOut, long EditionFetchedBytes, long EditionMadeBytes, string? DeltaRefused);

/// <summary>A volume that a mirror's own policy keeps out.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="Licences">The licences in it that are not published here.</param>
public sealed record LeftOutVolume(string Volume, IReadOnlyList<string> Licences);

/// <summary>
/// Makes or updates a mirror from an edition: signature, manifest, catalogue and what is made of it, then whole volumes in order until the budget is reached, each object piece by piece against its merkle tree.
/// Everything fetched is checked before it gets its name; a killed run goes on with the piece it was at. The edition's own folder is sealed last, as it was signed.
/// </summary>
public static class Mirror
{
    private const string EditionName = "origin_edition";
    private const string BudgetName = "origin_budget";
    private const string PieceLengthName = "origin_piece_length";
    private const int Connections = 4;
    private const string FetchPrefix = "fetch-";
    private const string NotePrefix = "placed-";

    /// <summary>Mirrors.</summary>
    public static async Task<MirrorReport> RunAsync(MirrorRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var (layout, ledger) = (archive.Layout, archive.Ledger);
        if (ledger.Accessions().Count > 0)
            throw new LacquerException(Failure.Usage, $"{layout.Root} has accessions of its own: it is no mirror", "mirror into a new folder: --archive DIR");
        using var objects = await ObjectStores.OpenAsync(layout, archive.Configuration.Objects, request.Variable, stop).ConfigureAwait(false);
        var budget = request.Edition is null && request.BudgetBytes is null && long.TryParse(ledger.Meta(BudgetName), NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : request.BudgetBytes;
        using var origin = await EditionOrigin.FindAsync(request.Edition ?? EditionOrigin.ArchiveOf(ledger.Meta(OriginNotes.Address)
            ?? throw new LacquerException(Failure.Usage, $"{layout.Root} is no mirror: it does not know where it came from", "lacquer mirror EDITION makes it one")), stop).ConfigureAwait(false);
        var (manifest, manifestBytes, signature, key, chain, firstUse) = await TrustAsync(archive, origin, request.PublicKey, stop).ConfigureAwait(false);
        MirroredCatalogue.Check(manifest, origin.Address);
        if (archive.Configuration.PieceLengthBytes != manifest.PieceLengthBytes)
            throw new LacquerException(Failure.Usage, $"the edition has pieces of {manifest.PieceLengthBytes} bytes, this mirror of {archive.Configuration.PieceLengthBytes}",
                $"set piece_length = {manifest.PieceLengthBytes} in {layout.Configuration}");
        if (ledger.Meta(OriginNotes.Key) != key.Text)
        {
            if (chain is not null)
                Durable.WriteFile(layout.OriginKeys, stream => stream.Write(chain.ToBytes()));
            // The key last: it stands for all of it.
            ledger.SetMeta(PieceLengthName, manifest.PieceLengthBytes.ToString(CultureInfo.InvariantCulture));
            ledger.SetMeta(OriginNotes.Key, key.Text);
        }

        // The edition's folder is filled under a temporary name over as many runs as it takes, and named at the end.
        var folder = layout.Edition(manifest.Edition);
        var sealedAlready = Directory.Exists(folder);
        var staging = sealedAlready ? folder : folder + Durable.Partial;
        Directory.CreateDirectory(staging);
        Directory.CreateDirectory(layout.Work);
        var edition = new EditionFiles(layout, origin, manifest, staging, progress, stop);
        await edition.FetchAsync().ConfigureAwait(false);
        // Whole or not at all: the folder may have its name already.
        Durable.WriteFile(Path.Combine(staging, Manifest.FileName), stream => stream.Write(manifestBytes));
        Durable.WriteFile(Path.Combine(staging, Manifest.SignatureFileName), stream => stream.Write(Encoding.UTF8.GetBytes(signature)));
        await MirroredCatalogue.MakeAsync(layout, manifest, edition.CatalogueAsync, origin.Address, progress, stop).ConfigureAwait(false);
        await edition.CompleteAsync(layout.Catalogue(manifest.Catalogue)).ConfigureAwait(false);

        using var held = OpenHoldings(archive, staging);
        var leftOut = LeftOut(archive.Configuration.Rights, held);
        FollowWithdrawals(archive, manifest, staging);
        var retired = Follow(archive, manifest, held, leftOut);
        VolumeFolder.RemoveUnknown(archive);
        await Erasure.RunAsync(archive, objects, stop).ConfigureAwait(false);
        var (fetchedObjects, fetchedBytes) = (0L, 0L);
        var chosen = Choose(manifest, leftOut, budget);
        var total = chosen.Sum(v => v.LengthBytes);
        var done = 0L;
        Directory.CreateDirectory(layout.Volumes);
        var here = ledger.Volumes().Where(v => !v.Retired).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var volume in chosen)
        {
            if (here.Contains(volume.Name))
            {
                done += volume.LengthBytes;
                continue;
            }

            var files = ReadList(volume, staging);
            var torrent = ReadTorrent(volume, files, staging, manifest);
            // A notice is of no recording, and all else is of some.
            if (files.FirstOrDefault(f => held.Of(f.Root).Count == 0 != Notice.IsName(f.Name)) is { } without)
                throw new LacquerException(Failure.Damaged, Notice.IsName(without.Name) ? $"the edition's holdings have a recording for {without.Name} of {volume.Name}, which is none" : $"the edition's holdings do not know {without.Name} of {volume.Name}, so that its rights are not on record", "it is not mirrored; ask its publisher");
            if (files.FirstOrDefault(f => Notice.IsName(f.Name) && f.LengthBytes > manifest.PieceLengthBytes) is { } large)
                throw NoNotice(volume.Name, large.Name);
            var hashes = new ObjectHashes[files.Count];
            await Parallel.ForAsync(0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = stop }, async (index, cancel) =>
            {
                var file = files[index];
                var row = ledger.Object(file.Root);
                if (row is null)
                {
                    var recordings = held.Of(file.Root);
                    var fetched = await FetchObjectAsync(archive, objects, origin, volume.Name, file, torrent[index], cancel).ConfigureAwait(false);
                    hashes[index] = fetched;
                    ledger.Replicated(
                        recordings.Count == 0 ? Notice.Row(fetched) : new ObjectRow(fetched.Root, fetched.Sha256, fetched.LengthBytes, ExtensionOf(file.Name), fetched.PieceLayer.ToArray(), fetched.PieceDigestsV1.ToArray(),
                            recordings[0].Tier, recordings[0].DurationMs, null, null, null, null, null),
                        recordings.Select(r => (r.Recording, RightsPass.DecisionOf(manifest, r.Licence, r.Reason, r.Policy))).ToList(), origin.Address);
                    File.Delete(NoteOf(layout, new ObjectName(file.Root, ExtensionOf(file.Name))));
                    Interlocked.Increment(ref fetchedObjects);
                    Interlocked.Add(ref fetchedBytes, file.LengthBytes);
                }
                else
                {
                    if (Notice.IsName(file.Name) && !row.IsNotice)
                        throw NoNotice(volume.Name, file.Name);
                    hashes[index] = row.Hashes();
                }

                progress.Report(new StageProgress("fetch", Interlocked.Add(ref done, file.LengthBytes), total, IsBytes: true));
            }).ConfigureAwait(false);
            Seal(archive, objects, volume, files, hashes, manifest.PieceLengthBytes);
        }

        RightsPass.Run(ledger, manifest, held, manifest.Volumes.Select(v => v.Name).Except(leftOut.Select(l => l.Volume)), origin.Address, progress, stop);
        foreach (var left in Directory.EnumerateFiles(staging, "*" + Durable.Partial, SearchOption.AllDirectories).ToList())
            File.Delete(left);
        if (!sealedAlready)
        {
            Directory.Move(staging, folder);
            Durable.FlushFolder(layout.Editions);
        }

        // A run that was killed here may have sealed the folder and not come to this.
        Durable.PointTo(layout.LatestEdition, manifest.Edition);
        if (ledger.Editions().All(e => e.Name != manifest.Edition))
            ledger.AddEdition(new EditionRow(int.Parse(manifest.Edition, CultureInfo.InvariantCulture), manifest.Edition, manifest.Catalogue, new Sha256Digest(SHA256.HashData(manifestBytes))));
        await RemoveLeftoversAsync(archive, objects, stop).ConfigureAwait(false);
        ledger.SetMeta(EditionName, manifest.Edition);
        ledger.SetMeta(OriginNotes.Address, origin.Address);
        ledger.SetMeta(BudgetName, budget?.ToString(CultureInfo.InvariantCulture) ?? "");
        return new MirrorReport(manifest.Edition, origin.Address, key.Id, firstUse, ledger.Volumes().Count(v => !v.Retired), manifest.Volumes.Count, fetchedObjects, fetchedBytes, retired, leftOut,
            edition.FetchedBytes, edition.MadeBytes, edition.DeltaRefused);
    }

    // What killed runs left of objects, volumes and editions that have gone since.
    private static async Task RemoveLeftoversAsync(OpenArchive archive, IObjectStore objects, CancellationToken stop)
    {
        var layout = archive.Layout;
        foreach (var prefix in new[] { FetchPrefix, NotePrefix })
            foreach (var file in Directory.EnumerateFiles(layout.Work, prefix + "*").ToList())
            {
                if (ObjectName.TryParse(Path.GetFileName(file)[prefix.Length..], out var left) && archive.Ledger.Object(left.Root) is null)
                    await objects.DeleteAsync(left, stop).ConfigureAwait(false);
                File.Delete(file);
            }

        foreach (var folder in new[] { EditionFiles.DeltaFolder(layout), EditionFiles.TableFolder(layout) }.Where(Directory.Exists))
            Directory.Delete(folder, recursive: true);
        foreach (var unsealed in new[] { layout.Editions, layout.Catalogues }.SelectMany(f => Directory.EnumerateFileSystemEntries(f, "*" + Durable.Partial)).ToList())
            if (Directory.Exists(unsealed)) Directory.Delete(unsealed, recursive: true);
            else File.Delete(unsealed);
    }

    private static async Task<(Manifest Manifest, byte[] Bytes, string Signature, MinisignPublicKey Key, KeyChain? Chain, bool FirstUse)> TrustAsync(OpenArchive archive, EditionOrigin origin, string? given, CancellationToken stop)
    {
        var known = archive.Ledger.Meta(OriginNotes.Key);
        MinisignPublicKey key;
        if (given is not null)
        {
            key = MinisignPublicKey.Parse(File.Exists(given) ? await File.ReadAllTextAsync(given, stop).ConfigureAwait(false) : given);
            if (known is not null && key.Text != known && !IsFormer(archive.Layout, key))
                throw new LacquerException(Failure.Untrusted, $"this mirror follows key {MinisignPublicKey.Parse(known).Id}, not {key.Id}", "mirror another publisher into a folder of its own");
        }
        else
        {
            key = MinisignPublicKey.Parse(known ?? Encoding.UTF8.GetString(await origin.ReadAsync("signing.pub", 4096, stop).ConfigureAwait(false)));
        }

        var (manifest, bytes, signature, signer, chain) = await SignedManifest.ReadAsync(origin, key, known is null ? key : MinisignPublicKey.Parse(known), stop).ConfigureAwait(false);
        if (archive.Ledger.Meta(EditionName) is { } last && string.CompareOrdinal(manifest.Edition, last) < 0)
            throw new LacquerException(Failure.Untrusted, $"{origin.Address} is edition {manifest.Edition}, older than {last}, which this mirror has", "name the newest edition; the mirror keeps what it has");
        if (archive.Ledger.Editions().FirstOrDefault(e => e.Name == manifest.Edition) is { } same && same.Manifest != new Sha256Digest(SHA256.HashData(bytes)))
            throw new LacquerException(Failure.Untrusted, $"{origin.Address} is another edition {manifest.Edition} than the one this mirror has", "an edition never changes; ask its publisher");
        origin.Pin(manifest.Edition);
        return (manifest, bytes, signature, signer, chain, known is null && given is null);
    }

    private static bool IsFormer(ArchiveLayout layout, MinisignPublicKey key) =>
        File.Exists(layout.OriginKeys) && KeyChain.Read(File.ReadAllBytes(layout.OriginKeys), layout.OriginKeys).Keys.Any(k => k.Key == key);

    private static HoldingsReader OpenHoldings(OpenArchive archive, string edition)
    {
        Directory.CreateDirectory(archive.Layout.Work);
        var path = Path.Combine(archive.Layout.Work, Holdings.FileName);
        File.Delete(path);
        CompressedFile.Unpack(Path.Combine(edition, Holdings.FileName + ".zst"), path);
        return HoldingsReader.Open(path, deletes: true);
    }

    // A mirror may be stricter than its origin. A volume is whole or not there, so one file that may not be published keeps it out.
    private static List<LeftOutVolume> LeftOut(RightsPolicy policy, HoldingsReader held) => held.Licences()
        .Where(h => !policy.Publishes(Licence.Recognise(h.Licence)))
        .GroupBy(h => h.Volume, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => new LeftOutVolume(g.Key, g.Select(h => h.Licence).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList())).ToList();

    // What the edition no longer has, or this mirror's policy no longer publishes, is no longer published here.
    private static List<string> Follow(OpenArchive archive, Manifest manifest, HoldingsReader held, IReadOnlyList<LeftOutVolume> leftOut)
    {
        var names = manifest.Volumes.Select(v => v.Name).Except(leftOut.Select(l => l.Volume)).ToHashSet(StringComparer.Ordinal);
        var why = $"edition {manifest.Edition} no longer has it, or this mirror's policy no longer publishes it";
        var retired = new List<string>();
        foreach (var volume in archive.Ledger.Volumes().Where(v => !v.Retired && !names.Contains(v.Name)).ToList())
        {
            archive.Ledger.SetRights(archive.Ledger.RecordingsIn(volume.Number).Where(r => !held.VolumesOf(r).Any(names.Contains))
                .Select(r => (r, new RightsDecision(true, false, null, why, null, $"edition-{manifest.Edition}"))).ToList());
            archive.Ledger.RetireVolume(volume, why);
            retired.Add(volume.Name);
        }

        return retired;
    }

    // What the origin took back is taken back here: its tombstones are kept, and what they name is on record before anything is deleted.
    private static void FollowWithdrawals(OpenArchive archive, Manifest manifest, string edition)
    {
        foreach (var path in manifest.Files.Select(f => f.Path).Where(Tombstone.IsPath).Order(StringComparer.Ordinal))
        {
            var file = Path.Combine(edition, path);
            if (new FileInfo(file).Length > Tombstone.LargestBytes)
                throw new LacquerException(Failure.Damaged, $"{file} is longer than {Tombstone.LargestBytes} bytes", "the mirror keeps what it has; ask its publisher");
            var bytes = File.ReadAllBytes(file);
            var stone = Tombstone.Read(bytes, file);
            if (stone.Path != path || stone.Archive != manifest.Archive)
                throw new LacquerException(Failure.Damaged, $"{file} is the tombstone of another withdrawal", "the mirror keeps what it has; ask its publisher");
            Directory.CreateDirectory(Path.GetDirectoryName(archive.Layout.Withdrawal(stone.Number))!);
            // Of all that there ever were most are here, and each would wait for the disk.
            if (!File.Exists(archive.Layout.Withdrawal(stone.Number)) || !File.ReadAllBytes(archive.Layout.Withdrawal(stone.Number)).AsSpan().SequenceEqual(bytes))
                Durable.WriteFile(archive.Layout.Withdrawal(stone.Number), stream => stream.Write(bytes));
            if (File.Exists(file + Tombstone.SignatureEnd))
                File.Copy(file + Tombstone.SignatureEnd, archive.Layout.Withdrawal(stone.Number) + Tombstone.SignatureEnd, overwrite: true);
            archive.Ledger.AddWithdrawal(stone, isErased: true);
        }
    }

    private static List<ManifestVolume> Choose(Manifest manifest, IReadOnlyList<LeftOutVolume> leftOut, long? budget)
    {
        var chosen = new List<ManifestVolume>();
        var left = budget ?? long.MaxValue;
        foreach (var volume in manifest.Volumes.Where(v => leftOut.All(l => l.Volume != v.Name)).OrderByDescending(v => v.Stage).ThenBy(v => v.Name, StringComparer.Ordinal))
            if (volume.LengthBytes <= left)
            {
                chosen.Add(volume);
                left -= volume.LengthBytes;
            }

        return chosen;
    }

    private static IReadOnlyList<ManifestObject> ReadList(ManifestVolume volume, string edition)
    {
        var path = Path.Combine(edition, volume.ListPath);
        return new FileInfo(path).Length <= VolumeList.LargestBytes ? VolumeList.Read(File.ReadAllBytes(path), volume, path)
            : throw new LacquerException(Failure.Damaged, $"{path} is longer than {VolumeList.LargestBytes} bytes", "it is not mirrored; ask its publisher");
    }

    // The torrent is in the signed manifest by its hash; that it says the same as the volume's list is checked all the same.
    private static List<TorrentFileView> ReadTorrent(ManifestVolume volume, IReadOnlyList<ManifestObject> listed, string edition, Manifest manifest)
    {
        var view = TorrentReader.Parse(File.ReadAllBytes(Path.Combine(edition, volume.TorrentPath)));
        var files = view.Files.Where(f => !f.IsPad).ToList();
        var same = view.Name == volume.Name && view.InfoHashV1 == volume.InfoHashV1 && view.InfoHashV2 == volume.InfoHashV2 && view.PieceLengthBytes == manifest.PieceLengthBytes
            && files.Count == listed.Count
            && files.Zip(listed).All(p => p.First.Path is [var name] && name == p.Second.Name && p.First.LengthBytes == p.Second.LengthBytes && p.First.Root == p.Second.Root);
        // By numbers that ascend, so that a notice sorts where the file did that it stands for.
        var isNumbered = listed.All(f => VolumeNames.IsFile(f.Name)) && listed.Zip(listed.Skip(1)).All(p => string.CompareOrdinal(p.First.Name, 0, p.Second.Name, 0, VolumeNames.FileNumberDigits) < 0);
        return same && isNumbered && listed.All(f => ExtensionOf(f.Name).Length > 0) ? files
            : throw new LacquerException(Failure.Damaged, $"the torrent of {volume.Name} and its list disagree", "it is not mirrored; ask its publisher");
    }

    private static async Task<ObjectHashes> FetchObjectAsync(OpenArchive archive, IObjectStore objects, EditionOrigin origin, string volume, ManifestObject file, TorrentFileView torrent, CancellationToken stop)
    {
        var pieceLength = archive.Configuration.PieceLengthBytes;
        var name = new ObjectName(file.Root, ExtensionOf(file.Name));
        var partial = Path.Combine(archive.Layout.Work, FetchPrefix + name.FileName);
        // Placed by a run that was killed before its ledger entry: taken up like any other work in hand.
        if (!File.Exists(partial) && await objects.OpenAsync(name, stop).ConfigureAwait(false) is { } placed)
            await using (placed)
            await using (var copy = new FileStream(partial, FileMode.Create, FileAccess.Write))
                await placed.CopyToAsync(copy, stop).ConfigureAwait(false);
        using var hasher = new ObjectHasher(pieceLength);
        var piece = new byte[(int)Math.Min(pieceLength, file.LengthBytes)];
        var filled = 0;
        var index = 0L;
        try
        {
            await using (var target = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1))
            {
                // Whole pieces of an earlier run that are right are not fetched again.
                for (; (index + 1) * pieceLength <= target.Length && (index + 1) * pieceLength <= file.LengthBytes; index++)
                {
                    await target.ReadExactlyAsync(piece, stop).ConfigureAwait(false);
                    if (!PieceTree.VerifyPiece(piece, index, file.Root, file.LengthBytes, torrent.PieceLayer.Span, pieceLength))
                        break;
                    hasher.Append(piece);
                }

                target.SetLength(index * pieceLength);
                target.Position = index * pieceLength;
                var offset = index * pieceLength;
                if (offset < file.LengthBytes)
                    await origin.CopyAsync(EditionOrigin.VolumeFile(volume, file.Name), offset, file.LengthBytes - offset, file.LengthBytes - offset, async (bytes, _) =>
                    {
                        while (bytes.Length > 0)
                        {
                            var want = (int)Math.Min(pieceLength, file.LengthBytes - index * pieceLength);
                            var take = Math.Min(bytes.Length, want - filled);
                            bytes[..take].CopyTo(piece.AsMemory(filled));
                            filled += take;
                            bytes = bytes[take..];
                            if (filled < want)
                                continue;
                            if (!PieceTree.VerifyPiece(piece.AsSpan(0, want), index, file.Root, file.LengthBytes, torrent.PieceLayer.Span, pieceLength))
                                throw new LacquerException(Failure.Untrusted, $"piece {index} of {file.Name} in {volume} at {origin.Address} is not what the signed manifest says", "the origin is damaged; try another mirror");
                            await target.WriteAsync(piece.AsMemory(0, want), stop).ConfigureAwait(false);
                            hasher.Append(piece.AsSpan(0, want));
                            filled = 0;
                            index++;
                        }
                    }, stop).ConfigureAwait(false);
                target.Flush(flushToDisk: true);
            }

            var hashes = hasher.Finish();
            // No audio comes in under the name of a text that needs no rights.
            if (Notice.IsName(file.Name) && !Notice.Is(await File.ReadAllBytesAsync(partial, stop).ConfigureAwait(false), file.Name, pieceLength))
            {
                File.Delete(partial);
                throw NoNotice(volume, file.Name);
            }

            if (hashes.Root != file.Root || hashes.Sha256 != file.Sha256)
            {
                File.Delete(partial);
                throw new LacquerException(Failure.Untrusted, $"{file.Name} in {volume} at {origin.Address} does not have the SHA-256 of the signed manifest", "ask its publisher");
            }

            await File.WriteAllBytesAsync(NoteOf(archive.Layout, name), [], stop).ConfigureAwait(false);
            await objects.PutAsync(name, partial, hashes.Sha256, stop).ConfigureAwait(false);
            return hashes;
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(archive.Layout.Root, e);
        }
    }

    private static LacquerException NoNotice(string volume, string file) => new(Failure.Damaged, $"{file} of {volume} is called a notice of a withdrawal, and is something else", "it is not mirrored; ask its publisher");

    // Names an object in the store until it is in the ledger too: a later edition may not have it, and nothing else would know of it then.
    private static string NoteOf(ArchiveLayout layout, ObjectName name) => Path.Combine(layout.Work, NotePrefix + name.FileName);

    private static void Seal(OpenArchive archive, IObjectStore objects, ManifestVolume volume, IReadOnlyList<ManifestObject> files, ObjectHashes[] hashes, int pieceLengthBytes)
    {
        var torrent = HybridTorrent.Build(volume.Name, pieceLengthBytes, files.Select((f, i) => new TorrentFile(f.Name, hashes[i])).ToList());
        if (torrent.InfoHashV1 != volume.InfoHashV1 || torrent.InfoHashV2 != volume.InfoHashV2)
            throw new LacquerException(Failure.Untrusted, $"the objects of {volume.Name} do not give its info hashes", "ask its publisher");
        VolumeFolder.Seal(archive.Layout.Volume(volume.Name), objects, files.Select(f => (f.Name, new ObjectName(f.Root, ExtensionOf(f.Name)))));
        Durable.WriteFile(archive.Layout.VolumeTorrent(volume.Name), torrent.WriteBare);
        var number = archive.Ledger.Volumes().Select(v => v.Number).DefaultIfEmpty(0).Max() + 1;
        archive.Ledger.AddVolume(new VolumeRow(number, volume.Name, volume.Stage, files.Count, volume.LengthBytes, volume.InfoHashV1, volume.InfoHashV2, false), files.Select(f => (f.Name, f.Root)).ToList());
    }

    private static string ExtensionOf(string name) => Path.GetExtension(name) is ['.', .. var extension] && (ObjectExtensions.Audio.Contains(extension) || Notice.IsName(name)) ? extension : "";
}
