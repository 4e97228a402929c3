using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>
/// Writes the gain of albums into the tags of objects that stand in no volume yet. An album is as loud as all that is held of its release together, by the blocks that were measured track by track: nothing is decoded or encoded again.
/// What is written depends on what is held and on nothing else, so the last run to end leaves the same objects however often it, or another, was stopped.
/// </summary>
internal sealed class AlbumGain(OpenArchive archive, CatalogueReader catalogue, ObjectWriter writer, string work)
{
    private const int Page = 100;

    /// <summary>Goes over all albums of which something stands in no volume.</summary>
    public async Task WriteAsync(IProgress<StageProgress> progress, CancellationToken stop)
    {
        var done = 0L;
        EntityId? after = null;
        while (archive.Ledger.UnpressedAlbums(after, Page) is { Count: > 0 } albums)
            foreach (var album in albums)
            {
                stop.ThrowIfCancellationRequested();
                await WriteAlbumAsync(album, stop).ConfigureAwait(false);
                progress.Report(new StageProgress("albums", ++done, 0));
                after = album;
            }
    }

    private async Task WriteAlbumAsync(EntityId album, CancellationToken stop)
    {
        if (catalogue.Release(album) is not { } release)
            return;
        var held = catalogue.Tracks(release.Rank).Select(t => t.Recording.Id).Distinct().Select(id => (Recording: id, archive.Ledger.Holding(id)?.Object)).Where(h => h.Object is not null).ToList();
        var blocks = new LoudnessBlocks();
        foreach (var (_, obj) in held)
        {
            // Taken in before blocks were kept: the album's loudness is not known.
            if (obj!.LoudnessBlocks is not { } own)
                return;
            blocks.Add(LoudnessBlocks.Parse(own));
        }

        var loudness = new Loudness(blocks, held.Max(h => h.Object!.PeakDbfs));
        foreach (var (recording, obj) in held)
            if (obj!.Album == album && (obj.AlbumLufs, obj.AlbumPeakDbfs) != (loudness.IntegratedLufs, loudness.PeakDbfs) && archive.Ledger.IsOnlyOf(obj.Root, recording))
                await RetagAsync(recording, obj, album, loudness, stop).ConfigureAwait(false);
    }

    private async Task RetagAsync(EntityId recording, ObjectRow obj, EntityId album, Loudness loudness, CancellationToken stop)
    {
        var inHand = Path.Combine(work, recording.ToString());
        var (copy, original, made) = (inHand + ".copy", inHand + ".original", inHand + ".made");
        try
        {
            await using var file = await writer.OpenAsync(obj, copy, stop).ConfigureAwait(false);
            var tags = ObjectWriter.TagsOf(file, obj.Extension);
            file.Position = 0;
            if (obj.Undo is not null)
                await using (var restored = new FileStream(original, FileMode.Create, FileAccess.Write, FileShare.None))
                    OggFile.Restore(file, obj.Undo, restored);
            await using var source = obj.Undo is null ? file : File.OpenRead(original);
            var (hashes, undo) = writer.Write(source, tags with { Comments = ObjectTags.WithAlbum(tags.Comments, obj.Extension, loudness) }, made, obj.Extension);
            if (obj.Undo is not null && !ObjectWriter.GivesBack(made, undo!, obj.Original!.Value))
                return;
            var row = obj with
            {
                Root = hashes.Root,
                Sha256 = hashes.Sha256,
                LengthBytes = hashes.LengthBytes,
                PieceLayer = hashes.PieceLayer.ToArray(),
                PieceDigestsV1 = hashes.PieceDigestsV1.ToArray(),
                Undo = obj.Undo is null ? null : undo,
                AlbumLufs = loudness.IntegratedLufs,
                AlbumPeakDbfs = loudness.PeakDbfs,
            };
            await writer.PlaceAsync(made, row, obj, () => archive.Ledger.Replaced(recording, obj, row), stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or LacquerException { Failure: Failure.Damaged })
        {
            // Something happened to the object: verify finds it, and its tags wait until it is repaired.
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(archive.Layout.Root, e);
        }
        finally
        {
            File.Delete(copy);
            File.Delete(original);
            File.Delete(made);
        }
    }
}
