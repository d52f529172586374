// Checks evidence records with BouncyCastle (org.bouncycastle.tsp.ers), which shares no code with the archive.
//
// Usage: java -cp bcprov.jar:bcutil.jar:bcpkix.jar:. ErsCheck FOLDER
// FOLDER/records.tsv has a line for each question: `present` or `absent`, the record, and the files of the data (several
// are one group) or SHA-256:HEX for a digest alone. One line is printed for each. Ends 0 when every answer is as wanted,
// 1 otherwise.
//
// It also verifies the signature of the newest token by the certificate in the token, and of every token before it:
// BouncyCastle 1.72 itself looks at the newest alone. Whether the certificate is trusted is `openssl ts -verify`'s part.

import java.io.File;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.tsp.ArchiveTimeStamp;
import org.bouncycastle.asn1.tsp.ArchiveTimeStampChain;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSData;
import org.bouncycastle.tsp.ers.ERSDataGroup;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.tsp.ers.ERSException;
import org.bouncycastle.util.encoders.Hex;

public class ErsCheck {
    private static final String BARE = "SHA-256:";

    private final File folder;
    private final DigestCalculatorProvider digests;
    private final BouncyCastleProvider provider = new BouncyCastleProvider();

    private ErsCheck(File folder) throws Exception {
        this.folder = folder;
        digests = new JcaDigestCalculatorProviderBuilder().setProvider(provider).build();
    }

    public static void main(String[] arguments) throws Exception {
        ErsCheck check = new ErsCheck(new File(arguments[0]));
        int questions = 0;
        int wrong = 0;
        for (String line : Files.readAllLines(new File(check.folder, "records.tsv").toPath())) {
            String[] fields = line.split("\t");
            String found;
            try {
                check.ask(fields);
                found = "present";
            } catch (ERSException e) {
                found = "absent (" + e.getMessage() + ")";
            }
            questions++;
            boolean isAsWanted = found.startsWith(fields[0]);
            if (!isAsWanted) {
                wrong++;
            }
            System.out.println((isAsWanted ? "ok    " : "WRONG ") + line.replace('\t', ' ') + ": " + found);
        }
        System.out.println("BouncyCastle " + check.provider.getVersionStr() + ": " + questions + " questions, " + wrong + " wrong");
        System.exit(wrong == 0 && questions > 0 ? 0 : 1);
    }

    private byte[] file(String name) throws Exception {
        return Files.readAllBytes(new File(folder, name).toPath());
    }

    /** Fails with an ERSException when the data are not in the record. */
    private void ask(String[] fields) throws Exception {
        ERSEvidenceRecord record = new ERSEvidenceRecord(file(fields[1]), digests);
        record.validate(verifier(record.getSigningCertificate()));
        for (ArchiveTimeStampChain chain : record.toASN1Structure().getArchiveTimeStampSequence().getArchiveTimeStampChains()) {
            for (ArchiveTimeStamp stamp : chain.getArchiveTimestamps()) {
                TimeStampToken token = new TimeStampToken(stamp.getTimeStamp());
                Object certificate = token.getCertificates().getMatches(token.getSID()).iterator().next();
                token.validate(verifier((X509CertificateHolder) certificate));
            }
        }
        if (fields[2].startsWith(BARE)) {
            record.validatePresent(false, Hex.decode(fields[2].substring(BARE.length())), new Date());
            return;
        }
        List<ERSData> data = new ArrayList<>();
        for (int i = 2; i < fields.length; i++) {
            data.add(new ERSByteData(file(fields[i])));
        }
        record.validatePresent(data.size() == 1 ? data.get(0) : new ERSDataGroup(data), new Date());
    }

    private SignerInformationVerifier verifier(X509CertificateHolder certificate) throws Exception {
        return new JcaSimpleSignerInfoVerifierBuilder().setProvider(provider).build(certificate);
    }
}
